import type { Guest } from "../../guests/guest.ts";

/** A guest whose ports are streamed or dialled. */
export type StreamedGuest = Pick<
  Guest,
  "sandboxId" | "workspace" | "ports" | "agentFollowed" | "findUpstream"
>;
