import { describe, expect, test } from "vitest";
import { Room } from "../../../../../connector/relay/capacity/room.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../../../connector/relay/limits.ts";
import { RelayState } from "../../../../../connector/relay/relay-state.ts";
import { refuse } from "../../../../../shared/refusal/refusal.ts";

interface Occupant {
  sinceMs: number | undefined;
  readonly name: string;
}

function createRoom(occupants: Occupant[]) {
  const ended: string[] = [];
  let searches = 0;
  const relay = new RelayState({ limits: DEFAULT_RELAY_LIMITS, findDestination: () => refuse("internal") });
  const room = new Room<Occupant>(relay, {
    list() {
      searches++;
      return occupants;
    },
    idleSinceMs: ({ sinceMs }) => sinceMs,
    end(occupant) {
      occupant.sinceMs = undefined;
      ended.push(occupant.name);
    },
    minIdleMs: 100,
  });
  return { room, ended, relay, searches: () => searches };
}

describe("Room.make()", () => {
  test("ends what has been idle for longest, one at a time", () => {
    const { room, ended, relay } = createRoom([
      { name: "b", sinceMs: 20 },
      { name: "a", sinceMs: 10 },
      { name: "c", sinceMs: 30 },
    ]);
    for (let count = 0; count < 3; count++) expect(room.make(1_000)).toBe(true);
    expect(room.make(1_000)).toBe(false);
    expect(ended).toEqual(["a", "b", "c"]);
    expect(relay.counts.endedForRoom).toBe(3);
  });

  test("ends nothing that has moved too lately, is no candidate, or has moved since the search", () => {
    const moved = { name: "moved", sinceMs: 0 };
    const { room, ended } = createRoom([
      { name: "ended", sinceMs: undefined },
      { name: "old", sinceMs: -1 },
      moved,
      { name: "late", sinceMs: 901 },
    ]);
    expect(room.make(1_000)).toBe(true);
    moved.sinceMs = 1_000;
    expect(room.make(1_000)).toBe(false);
    expect(ended).toEqual(["old"]);
  });

  test("searches once in 250 ms, however many ask", () => {
    const { room, searches } = createRoom([]);
    for (let count = 0; count < 1_000; count++) expect(room.make(1_000 + count / 5)).toBe(false);
    expect(searches()).toBe(1);
    room.make(1_250);
    expect(searches()).toBe(2);
  });
});
