import edge from "../../worker/main.ts";

export * from "../../worker/main.ts";

/** The edge behind a TLS front: the visitors' requests came by https, as at Cloudflare; the front's own hop is plain. */
export default {
  fetch(request, environment, context) {
    const url = new URL(request.url);
    if (url.hostname !== "127.0.0.1") url.protocol = "https:";
    return edge.fetch(new Request(url, request), environment, context);
  },
};
