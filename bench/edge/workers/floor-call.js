import { DurableObject } from "cloudflare:workers";

/** An object whose only method does nothing. */
export class Empty extends DurableObject {
  touch() {}
}

/** The floor, and before it one call without arguments or result to one of as many objects as there are hostnames. */
export default {
  async fetch(request, { ORIGIN, EMPTY }) {
    await EMPTY.getByName(request.headers.get("host")).touch();
    return fetch(new Request(ORIGIN, request), { redirect: "manual" });
  },
};
