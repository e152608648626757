import edge from "../../worker/main.ts";
import { formatRequest, REQUEST_PREFIX } from "./request-line.ts";

export * from "../../worker/main.ts";

/** The edge with a line in its log for each request. */
export default {
  async fetch(request, environment, context) {
    const startedMs = Date.now();
    const { method, url } = request;
    const response = await edge.fetch(request, environment, context);
    const durationMs = Date.now() - startedMs;
    console.log(REQUEST_PREFIX + formatRequest({ method, url, status: response.status, durationMs }));
    return response;
  },
};
