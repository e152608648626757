import type { Guest, GuestPorts } from "../guests/guest.ts";
import { pauseUnlessAborted } from "./pause-unless-aborted.ts";

/** Least time between two reports of one guest's ports: each costs a call, and a row that the edge writes. */
export const PORT_REPORT_INTERVAL_MS = 1_000;

interface GuestReports {
  /** A report is being sent, or waits to be. */
  busy: boolean;
  /** The ports may have changed since the last report was begun. */
  requested: boolean;
  /** The ports that the edge has. */
  reported?: string;
}

/**
 * When a guest's ports are reported: the first change at once, later ones once a second at most, together. Ports that
 * have changed back meanwhile are not reported. A guest whose ports come and go costs no more than that.
 */
export class PortReports {
  readonly #send: (guest: Guest) => Promise<void>;
  readonly #stop: AbortSignal;
  readonly #guests = new WeakMap<Guest, GuestReports>();

  /** @param send reports a guest's ports, unless they are reported; it does not reject */
  constructor(send: (guest: Guest) => Promise<void>, stop: AbortSignal) {
    this.#send = send;
    this.#stop = stop;
  }

  request(guest: Guest): void {
    const reports = this.#of(guest);
    reports.requested = true;
    if (!reports.busy) void this.#run(guest, reports);
  }

  isReported(guest: Guest, ports: GuestPorts): boolean {
    return this.#of(guest).reported === fingerprint(ports);
  }

  noteReported(guest: Guest, ports: GuestPorts): void {
    this.#of(guest).reported = fingerprint(ports);
  }

  async #run(guest: Guest, reports: GuestReports): Promise<void> {
    reports.busy = true;
    while (reports.requested && !this.#stop.aborted) {
      reports.requested = false;
      await this.#send(guest);
      await pauseUnlessAborted(PORT_REPORT_INTERVAL_MS, this.#stop);
    }
    reports.busy = false;
  }

  #of(guest: Guest): GuestReports {
    const known = this.#guests.get(guest);
    if (known !== undefined) return known;
    const reports: GuestReports = { busy: false, requested: false };
    this.#guests.set(guest, reports);
    return reports;
  }
}

function fingerprint({ open, loopback }: GuestPorts): string {
  return `${open.join()} ${loopback.join()}`;
}
