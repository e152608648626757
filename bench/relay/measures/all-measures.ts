import { createRequestMeasure } from "./create-request-measure.ts";
import { createTransferMeasure } from "./create-transfer-measure.ts";
import { echoMeasure } from "./echo-measure.ts";
import { idleMeasure } from "./idle-measure.ts";
import { latencyMeasure } from "./latency-measure.ts";
import type { Measure } from "./measure.ts";

export const ALL_MEASURES: readonly Measure[] = [
  createRequestMeasure({
    name: "small",
    title: "21-byte responses, 64 keep-alive connections",
    entrance: "plain",
    load: {},
  }),
  createRequestMeasure({
    name: "post",
    title: "1 KiB POSTs, 64 keep-alive connections",
    entrance: "plain",
    load: { method: "POST", bodyBytes: 1024 },
  }),
  createRequestMeasure({
    name: "connect",
    title: "a new connection per request, 64 at once",
    entrance: "plain",
    load: { fields: ["Connection: close"] },
  }),
  createRequestMeasure({
    name: "tls",
    title: "21-byte responses over TLS, 64 keep-alive connections",
    entrance: "tls",
    load: {},
  }),
  createTransferMeasure("download"),
  createTransferMeasure("upload"),
  echoMeasure,
  idleMeasure,
  latencyMeasure,
];
