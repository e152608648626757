import type { RefusalCode } from "../refusal.ts";

/** What the people in front of a page can do; one sentence or two, in HTML. */
export interface Advice {
  readonly visitor?: string;
  readonly owner?: string;
}

const ASK = "Ask the person who shared this address.";

const SEE_LOG = "The request id below finds the request in the logs of the edge and of the host.";

/** By the refusals that a visitor may see. It reveals nothing beyond the code. */
export const ADVICE: Partial<Record<RefusalCode, Advice>> = {
  unknown_host: {
    visitor: "Check the address: a preview URL begins with a port and the sandbox's id, or is a long link.",
  },
  sandbox_not_found: {
    visitor: "Check the address, or ask the person who shared it.",
    owner: "Start the sandbox. Its public address ends with it, and a new sandbox has a new one.",
  },
  link_incomplete: {
    visitor:
      "A part was probably lost when it was copied. Copy the whole link again, or ask the person who shared it.",
  },
  link_invalid: {
    visitor: "Copy the whole link again, or ask the person who shared it for a new one.",
    owner: "Links end with their sandbox and with their signing key. Create a new one.",
  },
  link_expired: { owner: "Create a new link. One link holds for up to a week." },
  link_revoked: {
    visitor: "Ask the person who shared it for a new one.",
    owner: "The link was revoked by a call of the API, or its signing key was cut. Create a new one.",
  },
  suspended: { owner: "Ask the operator for the reason and for what ends the suspension." },
  path_not_allowed: {
    owner: "The paths of a link are fixed when it is created. Create one with more paths.",
  },
  port_not_linked: {
    visitor: "Ask the person who shared this link for one to the other port.",
    owner:
      "A link opens one port. Share a link to the other port, or the public address, whose ports can lead to each other.",
  },
  rate_limited: {
    owner: "The limit of previews can be raised for your organisation.",
  },
  port_reserved: { visitor: ASK, owner: "Let the server listen on another port." },
  port_off: {
    visitor: ASK,
    owner:
      "The access of this port is set to <code>off</code>. Set it to <code>public</code> or <code>private</code>.",
  },
  port_limit: { visitor: ASK, owner: "Close a port that is not needed; the next one in line then opens." },
  port_closed: {
    visitor: "If the server is being started, it will appear here in a moment.",
    owner: "Start the server in the sandbox, and compare its port with the one in this address.",
  },
  guest_unreachable: {
    owner: "See that the sandbox's network is up, and that no firewall in it drops connections.",
  },
  guest_protocol: {
    visitor: ASK,
    owner:
      "See that the server on this port speaks HTTP. For one that speaks HTTPS, set the port's <code>scheme</code> to <code>https</code>.",
  },
  guest_timeout: {
    visitor: "Try again later.",
    owner: "See what keeps the server busy: it accepted the connection and sent no response in time.",
  },
  host_unreachable: { owner: SEE_LOG },
  too_many_connections: { owner: "Open requests and WebSockets count. Close those that are not needed." },
  draining: { visitor: "This takes some seconds." },
  https_required: { visitor: "Open the same address with <code>https://</code>." },
  edge_unavailable: { owner: SEE_LOG },
  internal: { owner: SEE_LOG },
};
