import type { Destination } from "../../../connector/relay/relay.ts";
import type { RelayFacts } from "./start-relay.ts";
import { destinationTo, SANDBOX_ID } from "./start-relay.ts";

export const TOKEN = "a".repeat(63);
export const LINK = { id: "ab12", keyVersion: 0 };

/** The public origins of the destinations below, and of another port of the same sandbox. */
export const OWN = `https://3000-${SANDBOX_ID}.example.com`;
export const SIBLING = `https://4000-${SANDBOX_ID}.example.com`;
export const LINK_ORIGIN = `https://${TOKEN}.preview.example.com`;

/** Port 3000 at its public hostname. */
export function onPublic(facts: RelayFacts = {}): Destination {
  return destinationTo(3000, facts);
}

/** Port 3000 at a link's hostname. */
export function onLink(facts: Partial<Destination> = {}): Destination {
  return destinationTo(3000, {
    destination: { link: LINK, holder: LINK.id, publicHost: `${TOKEN}.preview.example.com`, ...facts },
  });
}

/** Port 3000 at the hostname of a link that two origins may embed. */
export function onEmbeddedLink(): Destination {
  return onLink({ embed: ["https://app.example.org", "https://b.example:8443"] });
}
