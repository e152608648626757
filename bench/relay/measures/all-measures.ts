import { createEchoMeasure } from "./create-echo-measure.ts";
import { createFairnessMeasure } from "./create-fairness-measure.ts";
import { createIdleMeasure } from "./create-idle-measure.ts";
import { createRequestMeasure } from "./create-request-measure.ts";
import { createTransferMeasure } from "./create-transfer-measure.ts";
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
  createTransferMeasure({ name: "download", verb: "download", entrance: "plain" }),
  createTransferMeasure({ name: "tlsDownload", verb: "download", entrance: "tls" }),
  createTransferMeasure({ name: "upload", verb: "upload", entrance: "stream" }),
  createTransferMeasure({ name: "tlsUpload", verb: "upload", entrance: "tlsStream" }),
  createEchoMeasure("echo", "stream"),
  createEchoMeasure("tlsEcho", "tlsStream"),
  createIdleMeasure("idle", "stream"),
  createIdleMeasure("tlsIdle", "tlsStream"),
  latencyMeasure,
  createFairnessMeasure({ name: "besideDownloads", verb: "download", tls: false }),
  createFairnessMeasure({ name: "besideUploads", verb: "upload", tls: false }),
  createFairnessMeasure({ name: "tlsBesideDownloads", verb: "download", tls: true }),
  createFairnessMeasure({ name: "tlsBesideUploads", verb: "upload", tls: true }),
];
