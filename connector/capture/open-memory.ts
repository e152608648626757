import type { Share } from "../relay/capacity/share.ts";
import { createShare, isShareUsed } from "../relay/capacity/share.ts";
import type { CaptureLimits } from "./capture-limits.ts";

/** As of slots: from half of it on, a workspace has a quarter, so that nobody's exchanges keep another's out of the log. */
const SHARE_PERCENT = 25;
const BINDS_AT_PERCENT = 50;

/** The memory of all exchanges of a process that are under way. */
export class AllOpenMemory {
  readonly #maxBytes: number;
  readonly #share: Share;
  readonly #byWorkspace = new Map<string, number>();
  #bytes = 0;

  constructor({ maxOpenBytes }: Pick<CaptureLimits, "maxOpenBytes">) {
    this.#maxBytes = maxOpenBytes;
    this.#share = createShare(maxOpenBytes, SHARE_PERCENT, BINDS_AT_PERCENT);
  }

  get bytes(): number {
    return this.#bytes;
  }

  take(workspace: string, bytes: number): boolean {
    const taken = this.#byWorkspace.get(workspace) ?? 0;
    if (this.#bytes + bytes > this.#maxBytes || isShareUsed(this.#share, this.#bytes, taken)) return false;
    this.#add(workspace, taken, bytes);
    return true;
  }

  giveBack(workspace: string, bytes: number): void {
    this.#add(workspace, this.#byWorkspace.get(workspace) ?? 0, -bytes);
  }

  #add(workspace: string, taken: number, bytes: number): void {
    this.#bytes += bytes;
    if (taken + bytes === 0) this.#byWorkspace.delete(workspace);
    else this.#byWorkspace.set(workspace, taken + bytes);
  }
}

/** The memory of one guest's exchanges that are under way, within that of all guests. */
export class OpenMemory {
  readonly #maxBytes: number;
  readonly #all: AllOpenMemory;
  readonly #workspace: string;
  #bytes = 0;

  constructor(
    { maxOpenBytesPerSandbox }: Pick<CaptureLimits, "maxOpenBytesPerSandbox">,
    all: AllOpenMemory,
    workspace: string,
  ) {
    this.#maxBytes = maxOpenBytesPerSandbox;
    this.#all = all;
    this.#workspace = workspace;
  }

  /** @returns false where so many bytes are not left */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes || !this.#all.take(this.#workspace, bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
    this.#all.giveBack(this.#workspace, bytes);
  }
}
