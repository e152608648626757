import { useSession } from "../../api/context.ts";
import { AuditTrail } from "./audit-trail.tsx";
import { Hosts } from "./hosts.tsx";
import { Orgs } from "./orgs.tsx";
import { Suspensions } from "./suspensions.tsx";
import { Tokens } from "./tokens.tsx";

const ADMIN_PARTS = [
  ["suspensions", "Suspensions"],
  ["orgs", "Orgs"],
  ["tokens", "API tokens"],
  ["hosts", "Hosts"],
  ["audit", "Audit trail"],
] as const;

const OWNER_PARTS = ADMIN_PARTS.filter(([name]) => name === "tokens" || name === "audit");

/** What the operator, or the owner of a workspace, manages. At most two calls for each part. */
export function AdminView({ part }: { readonly part: string | undefined }) {
  const { token } = useSession();
  const isAdmin = token.kind === "admin";
  const parts = isAdmin ? ADMIN_PARTS : OWNER_PARTS;
  const current = parts.find(([name]) => name === part)?.[0] ?? parts[0]?.[0];
  return (
    <>
      <header class="head">
        <div>
          <h1>{isAdmin ? "Admin" : "Workspace"}</h1>
          <p class="lead">
            {isAdmin
              ? "Who has access, which hosts serve, and what is suspended."
              : "API tokens and what they changed."}
          </p>
        </div>
      </header>
      <nav class="tabs" aria-label="Parts of the administration">
        {parts.map(([name, text]) => (
          <a
            key={name}
            href={`#/admin/${name}`}
            {...(name === current && { "aria-current": "page" as const })}
          >
            {text}
          </a>
        ))}
      </nav>
      {current === "suspensions" && <Suspensions />}
      {current === "orgs" && <Orgs />}
      {current === "tokens" && <Tokens />}
      {current === "hosts" && <Hosts />}
      {current === "audit" && <AuditTrail />}
    </>
  );
}
