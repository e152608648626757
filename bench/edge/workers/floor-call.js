import { DurableObject } from "cloudflare:workers";

/** An object with nothing to say. */
export class Silent extends DurableObject {
  touch() {}
}

/** The floor, and before it one call without arguments or answer to one of as many objects as there are hostnames. */
export default {
  async fetch(request, { ORIGIN, SILENT }) {
    await SILENT.getByName(request.headers.get("host")).touch();
    return fetch(new Request(ORIGIN, request), { redirect: "manual" });
  },
};
