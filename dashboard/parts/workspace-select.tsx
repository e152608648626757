import { useSession } from "../api/context.ts";

/** Chooses among the workspaces of the token; nothing where there is one. */
export function WorkspaceSelect(properties: { value: string; onValue: (workspace: string) => void }) {
  const { workspaces } = useSession().token;
  if (workspaces.length <= 1) return null;
  return (
    <select
      class="input"
      aria-label="Workspace"
      value={properties.value}
      onChange={(event) => properties.onValue(event.currentTarget.value)}
    >
      {workspaces.map((each) => (
        <option key={each}>{each}</option>
      ))}
    </select>
  );
}
