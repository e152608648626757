/** The parts of the API, in the order in which they are shown. */
export const TAGS = {
  Sandboxes: "A workspace's sandboxes and their ports.",
  Requests: "The requests that a sandbox's host keeps, for ports of which its developers want that.",
  Links: "Signed preview URLs: minted, revoked, and the key that signs them.",
  Workspaces: "A workspace's API tokens, and the changes that were made with them.",
  Limits: "How many requests an org's previews and API tokens may make.",
  Admin: "For the operator of the deployment: orgs, workspaces, API tokens, hosts and suspensions.",
  Hosts:
    "For connectors only: each call is signed with the host's own key. The connector makes these calls itself.",
  Public: "Calls without a credential.",
} as const satisfies Record<string, string>;

export type Tag = keyof typeof TAGS;
