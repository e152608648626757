import { readFile } from "node:fs/promises";
import ipaddr from "ipaddr.js";
import * as z from "zod";
import { isName } from "../shared/name.ts";
import type { RelayLimits } from "./relay/relay.ts";
import { DEFAULT_RELAY_LIMITS } from "./relay/relay.ts";

/** A configuration file that cannot be used. The message names the option, what it must be, and what it was. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Each of the relay's limits, a positive whole number. */
const limitsSchema = z.partialRecord(
  z.enum(Object.keys(DEFAULT_RELAY_LIMITS) as [keyof RelayLimits, ...(keyof RelayLimits)[]]),
  z.int().positive(),
);

/** Host tokens and the edge's keys cross it. */
const apiSchema = z
  .url({ protocol: /^https?$/ })
  .transform((url) => new URL(url))
  .refine((url) => url.protocol === "https:" || isLoopback(url.hostname), "must be https, except on loopback")
  .transform(({ origin }) => origin);

const configSchema = z.strictObject({
  hostId: z.string().refine(isName, "must be 1–63 of a-z, 0-9, _ and -"),
  /** Base URL of the edge's API. */
  api: apiSchema,
  /** Base URL at which the edge reaches this connector. */
  origin: z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin),
  listen: z.strictObject({ host: z.string().default("::"), port: z.int().min(0).max(65_535) }),
  tls: z
    .strictObject({
      certificateFile: z.string(),
      keyFile: z.string(),
      /** Only clients with a certificate of one of these authorities are accepted. */
      clientCaFile: z.string().optional(),
    })
    .optional(),
  /** The host's own Ed25519 private key, JWK. */
  keyFile: z.string(),
  /** Holds one file per guest. */
  stateDirectory: z.string(),
  /** Unix socket of the local control API. */
  controlSocket: z.string(),
  /** Where monitoring on this host finds `/metrics`, `/healthz` and `/readyz`; absent: nowhere. */
  monitoring: z
    .strictObject({ host: z.string().default("127.0.0.1"), port: z.int().min(0).max(65_535) })
    .optional(),
  /** Unix socket of the program that starts and ends guests, where this host has one. */
  launcherSocket: z.string().optional(),
  /** Accept guests on loopback and on this host's own addresses: for development on one machine. */
  allowLoopbackGuests: z.boolean().default(false),
  /** The relay's limits that differ from the defaults. */
  limits: limitsSchema.default({}),
});

/** The connector's configuration after every check. */
export type Config = z.infer<typeof configSchema>;

/** @throws {ConfigError} naming every option that is wrong */
export function parseConfig(value: unknown): Config {
  const parsed = configSchema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) =>
      `${issue.path.join(".") || "configuration"}: ${issue.message}, was ${JSON.stringify(issue.input)}`,
  );
  throw new ConfigError(problems.join("; "));
}

/** @throws {ConfigError} also where the file cannot be read or is not JSON */
export async function readConfig(file: string): Promise<Config> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new ConfigError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return parseConfig(value);
}

function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, "");
  if (ipaddr.isValid(name)) return ipaddr.parse(name).range() === "loopback";
  return name === "localhost" || name.endsWith(".localhost");
}
