import { useEffect, useRef } from "preact/hooks";
import { useSession } from "./api/context.ts";
import type { IconName } from "./parts/icon.tsx";
import { Icon } from "./parts/icon.tsx";
import { parseSandboxId, useRoute } from "./route.ts";
import { AdminView } from "./views/admin/admin-view.tsx";
import { LimitsView } from "./views/limits-view.tsx";
import { SandboxView } from "./views/sandbox/sandbox-view.tsx";
import { SandboxesView } from "./views/sandboxes-view.tsx";

/** Navigation, and the view that the fragment names. */
export function Shell() {
  const { token, client, signOut } = useSession();
  const isAdmin = token.kind === "admin";
  const [name = isAdmin ? "admin" : "sandboxes", ...rest] = useRoute();
  const main = useRef<HTMLElement>(null);
  const place = [name, ...rest].join("/");
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [place]);
  const skip = (): void => main.current?.focus();
  return (
    <div class="frame">
      <button type="button" class="skip" onClick={skip}>
        To the content
      </button>
      <header class="side">
        <a class="brand" href="#/">
          <span class="brand-mark" aria-hidden="true" />
          Preview URLs
        </a>
        <nav aria-label="Views">
          <ul>
            {!isAdmin && <Item name="sandboxes" text="Sandboxes" icon="box" current={name} />}
            <Item name="limits" text="Limits" icon="gauge" current={name} />
            {(isAdmin || token.role === "owner") && (
              <Item name="admin" text={isAdmin ? "Admin" : "Workspace"} icon="shield" current={name} />
            )}
          </ul>
        </nav>
        <div class="side-end">
          <a href={`${client.origin}/docs`} target="_blank" rel="noreferrer">
            <Icon name="book" /> API reference
          </a>
          <p class="who">
            <span class="who-name">{token.org ?? "Admin"}</span>
            <span class="who-role">{isAdmin ? "operator" : `${token.kind} token · ${token.role}`}</span>
          </p>
          <button type="button" class="button small" onClick={signOut}>
            <Icon name="out" /> Sign out
          </button>
        </div>
      </header>
      <main ref={main} tabIndex={-1} id="content">
        <View name={name} rest={rest} />
      </main>
    </div>
  );
}

function View({ name, rest }: { readonly name: string; readonly rest: readonly string[] }) {
  const [id, part] = rest;
  const sandbox = parseSandboxId(id);
  if (name === "sandboxes" && sandbox !== undefined)
    return <SandboxView key={sandbox} id={sandbox} part={part ?? "ports"} />;
  if (name === "limits") return <LimitsView org={id} />;
  if (name === "admin") return <AdminView part={id} />;
  return <SandboxesView />;
}

function Item(props: { name: string; text: string; icon: IconName; current: string }) {
  return (
    <li>
      <a href={`#/${props.name}`} {...(props.name === props.current && { "aria-current": "page" as const })}>
        <Icon name={props.icon} />
        {props.text}
      </a>
    </li>
  );
}
