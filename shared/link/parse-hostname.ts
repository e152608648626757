import { parsePort } from "../port.ts";
import type { Refusal } from "../refusal/refusal.ts";
import { isRefusal, refuse } from "../refusal/refusal.ts";
import { parseSandboxId } from "../sandbox-id.ts";

export interface Domains {
  /** Lower case, without port: `example.com`. */
  readonly previewDomain: string;
  /** Lower case, without port: `preview.example.com`. */
  readonly linkDomain: string;
}

export type Hostname =
  | { readonly kind: "public"; readonly port: number; readonly sandboxId: string }
  | { readonly kind: "link"; readonly token: string }
  | { readonly kind: "api" };

const LINK_LABEL = /^[a-z2-7]{63}$/;
const MIN_PART_LENGTH = 16;
const PUBLIC_LABEL = /^([0-9]{1,5})-([0-9a-f-]{36})$/;

/**
 * Reads what a hostname addresses, from its text alone: nothing is looked up.
 *
 * @param hostname as `URL.hostname` gives it, without port; any case
 * @returns the address; `link_incomplete` for what is no token under the links' domain, else `unknown_host`
 *
 * @example
 * ```ts
 * parseHostname("3000-0f4bb8a1-….example.com", { previewDomain: "example.com", linkDomain: "preview.example.com" });
 * // { kind: "public", port: 3000, sandboxId: "0f4bb8a1-…" }
 * ```
 */
export function parseHostname(hostname: string, domains: Domains): Hostname | Refusal {
  const name = hostname.toLowerCase();
  const linkLabel = labelUnder(name, domains.linkDomain);
  if (linkLabel !== undefined && LINK_LABEL.test(linkLabel)) return { kind: "link", token: linkLabel };

  const label = labelUnder(name, domains.previewDomain);
  if (label === "api") return { kind: "api" };
  const address = label === undefined ? refuse("unknown_host") : parsePublicLabel(label);
  // Said of the hostname's text alone, so it reveals nothing.
  return isRefusal(address) && isPartOfLink(linkLabel) ? refuse("link_incomplete") : address;
}

function parsePublicLabel(label: string): Hostname | Refusal {
  const [, portText, uuid] = PUBLIC_LABEL.exec(label) ?? [];
  if (portText === undefined || uuid === undefined) return refuse("unknown_host");
  const port = parsePort(portText);
  const sandboxId = parseSandboxId(uuid);
  if (port === undefined || sandboxId === undefined) return refuse("unknown_host");
  return { kind: "public", port, sandboxId };
}

/** A token that was cut or changed when it was copied. A shorter label rather was a guess, and a port is no token. */
function isPartOfLink(label: string | undefined): boolean {
  return label !== undefined && label.length >= MIN_PART_LENGTH && !/^[0-9]{1,5}-/.test(label);
}

/** The one label directly under `domain`, or `undefined`. */
function labelUnder(name: string, domain: string): string | undefined {
  if (!name.endsWith(`.${domain}`)) return undefined;
  const label = name.slice(0, -domain.length - 1);
  return label === "" || label.includes(".") ? undefined : label;
}
