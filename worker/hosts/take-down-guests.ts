import type { Environment } from "../environment.ts";
import type { HostGuest } from "../objects/messages.ts";
import { takeDownGuest } from "./take-down-guest.ts";

/** Guests taken down at the same time. */
const CONCURRENCY = 50;

/** Takes guests of a host down until none is left. @param listNext the next ones, at most `limit` */
export async function takeDownGuests(
  environment: Environment,
  hostId: string,
  listNext: (limit: number) => Promise<HostGuest[]>,
): Promise<void> {
  for (;;) {
    const guests = await listNext(CONCURRENCY);
    if (guests.length === 0) return;
    await Promise.all(guests.map((guest) => takeDownGuest(environment, hostId, guest)));
  }
}
