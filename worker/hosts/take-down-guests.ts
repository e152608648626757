import type { Environment } from "../environment.ts";
import type { HostGuest } from "../objects/messages.ts";
import { takeDownGuest } from "./take-down-guest.ts";

/** Guests taken down at the same time. */
const CONCURRENCY = 50;

/** Three calls each: an invocation may make 10 000. */
export const MAX_TAKEN_DOWN_PER_INVOCATION = 3_000;

/**
 * Takes guests of a host down, as many as one invocation may.
 *
 * @param listNext the next ones, at most `limit`
 * @returns whether none is left
 */
export async function takeDownGuests(
  environment: Pick<Environment, "SANDBOX" | "WORKSPACE" | "HOST">,
  hostId: string,
  listNext: (limit: number) => HostGuest[] | Promise<HostGuest[]>,
): Promise<boolean> {
  for (let count = 0; count < MAX_TAKEN_DOWN_PER_INVOCATION; count += CONCURRENCY) {
    const guests = await listNext(CONCURRENCY);
    if (guests.length === 0) return true;
    await Promise.all(guests.map((guest) => takeDownGuest(environment, hostId, guest)));
  }
  return (await listNext(1)).length === 0;
}
