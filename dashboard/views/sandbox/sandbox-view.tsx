import { useState } from "preact/hooks";
import { useSession } from "../../api/context.ts";
import type { Port, Sandbox } from "../../api/types.ts";
import { useCall } from "../../api/use-call.ts";
import { formatAge } from "../../format/format-age.ts";
import { Alert } from "../../parts/alert.tsx";
import { Badge } from "../../parts/badge.tsx";
import { Loading } from "../../parts/empty.tsx";
import { RequestsView } from "../requests/requests-view.tsx";
import { PortList } from "./port-list.tsx";
import { SharePart } from "./share-part.tsx";
import { usePortEvents } from "./use-port-events.ts";

const PARTS = [
  ["ports", "Ports"],
  ["share", "Share"],
  ["requests", "Requests"],
] as const;

/** One sandbox. Three calls: itself, its ports, their events. Its parts make at most two more. */
export function SandboxView({ id, part }: { readonly id: string; readonly part: string }) {
  const { client, token } = useSession();
  const sandbox = useCall(id, () => client.call<Sandbox>("GET", `/sandboxes/${id}`));
  const ports = useCall(id, () => client.call<{ ports: Port[] }>("GET", `/sandboxes/${id}/ports`));
  const live = usePortEvents(id);
  const [chosen, setChosen] = useState<number>();
  const listed = mergePorts(ports.data?.ports ?? [], live.ports);
  const share = (port: number): void => {
    setChosen(port);
    location.hash = `#/sandboxes/${id}/share`;
  };
  if (sandbox.error !== undefined) {
    return (
      <>
        <a href="#/sandboxes">All sandboxes</a>
        <Alert error={sandbox.error} retry={sandbox.reload} />
      </>
    );
  }
  if (sandbox.data === undefined) return <Loading label="Loading the sandbox" />;
  // An API of a former release has no log, and a viewer may not see it.
  const hasCapture = (ports.data?.ports ?? []).some(({ capture }) => capture !== undefined);
  const maySeeRequests = token.role !== "viewer";
  const { status, host, template, created_at: since } = sandbox.data;
  return (
    <>
      <p class="crumbs">
        <a href="#/sandboxes">Sandboxes</a>
      </p>
      <header class="head">
        <div>
          <h1 class="mono sandbox-id">{id}</h1>
          <p class="row-facts">
            <Badge tone={status === "running" ? "good" : "bad"} text={status} />
            {template !== undefined && <span>{template}</span>}
            <span>{host}</span>
            <span>started {formatAge(since)}</span>
          </p>
        </div>
        <p class={live.isLive ? "live on" : "live"} role="status">
          <span class="live-dot" aria-hidden="true" />
          {live.isLive ? "Live" : "Connecting…"}
        </p>
      </header>
      <nav class="tabs" aria-label="Parts of the sandbox">
        {PARTS.filter(([name]) => name !== "requests" || (hasCapture && maySeeRequests)).map(
          ([name, text]) => (
            <a
              key={name}
              href={`#/sandboxes/${id}/${name}`}
              {...(name === part && { "aria-current": "page" as const })}
            >
              {text}
            </a>
          ),
        )}
      </nav>
      {part === "ports" && (
        <PortList
          id={id}
          ports={listed}
          error={ports.error}
          isLoading={ports.data === undefined && ports.isLoading}
          onChange={(port) => ports.set({ ports: replacePort(ports.data?.ports ?? [], port) })}
          onShare={share}
          retry={ports.reload}
        />
      )}
      {part === "share" && (
        <SharePart
          id={id}
          ports={listed.filter(({ listening }) => listening).map(({ port }) => port)}
          chosen={chosen}
        />
      )}
      {part === "requests" && maySeeRequests && (
        <RequestsView
          id={id}
          ports={listed}
          onPort={(port) => ports.set({ ports: replacePort(listed, port) })}
        />
      )}
    </>
  );
}

/** What was listed, with what the events have said since. */
export function mergePorts(listed: readonly Port[], live: ReadonlyMap<number, boolean>): Port[] {
  const known = new Map(listed.map((port) => [port.port, port]));
  for (const [port, listening] of live) {
    const before = known.get(port);
    if (before !== undefined) known.set(port, { ...before, listening });
    else if (listening) known.set(port, { ...NEW_PORT, port });
  }
  return [...known.values()].sort((one, other) => one.port - other.port);
}

const NEW_PORT: Omit<Port, "port"> = {
  access: "public",
  host_policy: "local",
  scheme: "http",
  label: "",
  listening: true,
};

function replacePort(ports: readonly Port[], changed: Port): Port[] {
  return [...ports.filter(({ port }) => port !== changed.port), changed];
}
