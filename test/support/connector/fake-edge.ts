import type { EdgeClient, EdgeError } from "../../../connector/edge/edge-client.ts";
import type { Guest, GuestPorts } from "../../../connector/guests/guest.ts";

/** An edge that fails with the outcomes that a test sets, one after the other, and then always succeeds. */
export class FakeEdge {
  readonly calls: string[] = [];
  readonly outcomes: (EdgeError | undefined)[] = [];
  missing: string[] = [];

  attach = (guest: Guest) => this.#respond(`attach ${guest.generation}`);
  detach = (guest: Guest) => this.#respond(`detach ${guest.generation}`);
  reportPorts = (_guest: Guest, ports: GuestPorts) => this.#respond(`ports ${ports.open.join()}`);
  heartbeat = async (guests: readonly Guest[]): Promise<string[]> => {
    await this.#respond(`heartbeat ${guests.length}`);
    return this.missing.splice(0);
  };

  /** In the place of the client that calls an edge. */
  get client(): EdgeClient {
    return this as unknown as EdgeClient;
  }

  async #respond(call: string): Promise<void> {
    this.calls.push(call);
    const outcome = this.outcomes.shift();
    if (outcome !== undefined) throw outcome;
  }
}
