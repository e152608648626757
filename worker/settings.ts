import { base64url, importJWK } from "jose";
import * as z from "zod";
import { RATE_LIMIT_BOUNDS } from "../shared/limit/clamp-rate-limit.ts";
import type { RateLimitCeiling } from "../shared/limit/preview-limit.ts";
import { PAGE_REQUESTS_BOUNDS } from "../shared/limit/preview-limit.ts";
import type { LinkSecretSlot } from "../shared/link/link-token.ts";
import type { Domains } from "../shared/link/parse-hostname.ts";
import { SIGNATURE_ALGORITHM } from "../shared/protocol/signature.ts";
import type { Variables } from "./variables.ts";

/** The environment after every check: nothing in it is optional by accident. */
export interface Settings {
  readonly domains: Domains;
  /** Hostnames that serve the API besides `api.{previewDomain}`; for machines that cannot resolve `*.localhost`. */
  readonly apiHostnames: ReadonlySet<string>;
  /** The first one makes links; the other one, where there is one, is being replaced by it. */
  readonly linkSecrets: readonly [LinkSecret, ...LinkSecret[]];
  readonly passKey: PassKey;
  /** With which connectors verify passes: the signing key, and during a rotation the next or the former one. */
  readonly passJwks: readonly PublicJwk[];
  /** Lower-case hex. */
  readonly adminTokenSha256: string;
  /** Plain http is served, too: on a developer's machine only. */
  readonly allowHttp: boolean;
  /** Share of requests without a refusal that are logged, 0–1. */
  readonly logSampleRate: number;
  /** The highest limit that the tokens of an org may set for it, unless the admin has given the org its own. */
  readonly maxRateLimit: RateLimitCeiling;
  /** Where visitors can report abuse: an email address or an https URL. */
  readonly abuseContact: string | undefined;
  /** The hostname of the dashboard; without one it is at the API's. */
  readonly dashboardHost: string | undefined;
}

/** Links are signed and masked with keys that are derived from it. */
export interface LinkSecret {
  /** The token carries it, so that links of two secrets can be told apart. */
  readonly slot: LinkSecretSlot;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

type PublicJwk = Readonly<Record<string, string>>;

export interface PassKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: PublicJwk;
}

/** A variable or secret is missing or malformed. The message names it, and never shows a secret. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

const MIN_LINK_SECRET_BYTES = 32;
const DEFAULT_LOG_SAMPLE_RATE = "0.01";
const DEFAULT_MAX_RATE_LIMIT = "100,1000";
const DOMAIN = /^(?=.{1,190}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

const domain = z.string("must be set to a domain").regex(DOMAIN, "must be a lower-case domain without port");

const ed25519Members = {
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: z.base64url(),
  kid: z.string().min(1),
};

const ed25519PrivateJwk = z.object(
  { ...ed25519Members, d: z.base64url() },
  "must be an Ed25519 private key as JWK with a kid",
);

/** The `d` of a private key is dropped. */
const ed25519PublicJwk = z.object(ed25519Members, "must be an Ed25519 key as JWK with a kid");

const LINK_SECRET_FORM = `must be at least ${MIN_LINK_SECRET_BYTES} bytes in base64url, alone or behind 0: or 1:`;

/** `{slot}:{base64url}`; without a slot it is 0. */
const linkSecret = z
  .string(LINK_SECRET_FORM)
  .regex(/^([01]:)?[A-Za-z0-9_-]+$/, { error: LINK_SECRET_FORM, abort: true })
  .transform((text) => ({
    slot: text.startsWith("1:") ? (1 as const) : (0 as const),
    text: text.replace(/^[01]:/, ""),
  }))
  .refine(({ text }) => text.length % 4 !== 1, { error: LINK_SECRET_FORM, abort: true })
  .transform(({ slot, text }): LinkSecret => ({ slot, bytes: Uint8Array.from(base64url.decode(text)) }))
  .refine(({ bytes }) => bytes.length >= MIN_LINK_SECRET_BYTES, LINK_SECRET_FORM);

const { perSecond: RATE, burst: BURST } = RATE_LIMIT_BOUNDS;
const { max: MOST_PAGE_REQUESTS } = PAGE_REQUESTS_BOUNDS;
const MAX_RATE_LIMIT_FORM = `must be {a second},{at once}: ${RATE.min} to ${RATE.max}, a comma, ${BURST.min} to ${BURST.max}; and, if requests of a page are limited, a comma and 0 to ${MOST_PAGE_REQUESTS}`;

/** `100,1000` or `100,1000,300`: requests a second, at once, and of a page. */
const maxRateLimit = z
  .string()
  .regex(/^\d{1,5}(\.\d{1,5})?,\d{1,6}(,\d{1,4})?$/, { error: MAX_RATE_LIMIT_FORM, abort: true })
  .transform((text): RateLimitCeiling => {
    const [perSecond = 0, burst = 0, pageRequests] = text.split(",").map(Number);
    return { perSecond, burst, ...(pageRequests !== undefined && { pageRequests }) };
  })
  .refine(
    ({ perSecond, burst, pageRequests = 0 }) =>
      perSecond >= RATE.min &&
      perSecond <= RATE.max &&
      burst >= BURST.min &&
      burst <= BURST.max &&
      pageRequests <= MOST_PAGE_REQUESTS,
    MAX_RATE_LIMIT_FORM,
  );

const environmentSchema = z.object({
  PREVIEW_DOMAIN: domain,
  LINK_DOMAIN: domain.optional(),
  API_HOSTNAMES: z.string().default(""),
  LINK_SECRET: linkSecret,
  LINK_SECRET_PREVIOUS: linkSecret.optional(),
  PASS_SIGNING_KEY: z.string("must be set to a JWK").transform(parseJson).pipe(ed25519PrivateJwk),
  PASS_SIGNING_KEY_NEXT: z
    .string()
    .transform((text) => parseJson(text))
    .pipe(ed25519PublicJwk)
    .optional(),
  LOG_SAMPLE_RATE: z
    .string()
    .regex(/^(0|1|0?\.\d+)$/, "must be a number from 0 to 1")
    .default(DEFAULT_LOG_SAMPLE_RATE)
    .transform(Number),
  ALLOW_HTTP: z.enum(["true", "false"]).default("false"),
  MAX_RATE_LIMIT: z.string().default(DEFAULT_MAX_RATE_LIMIT).pipe(maxRateLimit),
  ABUSE_CONTACT: z
    .union(
      [z.email(), z.url({ protocol: /^https$/ }), z.literal("")],
      "must be an email address or an https URL",
    )
    .optional(),
  DASHBOARD_HOST: domain.or(z.literal("")).optional(),
  ADMIN_TOKEN_SHA256: z.string("must be set").regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hex digits"),
});

/** The names that are read, secrets among them. */
export const VARIABLE_NAMES: readonly string[] = Object.keys(environmentSchema.shape);

/**
 * Checks the environment once per isolate.
 *
 * @throws {SettingsError} naming every variable that is wrong
 */
export async function parseSettings(variables: Variables): Promise<Settings> {
  const parsed = environmentSchema.safeParse(variables);
  if (!parsed.success) throw new SettingsError(describeIssues(parsed.error));
  const { PREVIEW_DOMAIN, LINK_DOMAIN, API_HOSTNAMES } = parsed.data;
  const passKey = await importPassKey(parsed.data.PASS_SIGNING_KEY);
  return {
    domains: { previewDomain: PREVIEW_DOMAIN, linkDomain: LINK_DOMAIN ?? `preview.${PREVIEW_DOMAIN}` },
    apiHostnames: new Set([
      `api.${PREVIEW_DOMAIN}`,
      ...API_HOSTNAMES.split(",").filter((name) => name !== ""),
    ]),
    linkSecrets: listLinkSecrets(parsed.data.LINK_SECRET, parsed.data.LINK_SECRET_PREVIOUS),
    passKey,
    passJwks: await listPassJwks(passKey, parsed.data.PASS_SIGNING_KEY_NEXT),
    adminTokenSha256: parsed.data.ADMIN_TOKEN_SHA256,
    allowHttp: parsed.data.ALLOW_HTTP === "true",
    logSampleRate: parsed.data.LOG_SAMPLE_RATE,
    maxRateLimit: parsed.data.MAX_RATE_LIMIT,
    dashboardHost: checkDashboardHost(parsed.data.DASHBOARD_HOST, PREVIEW_DOMAIN, LINK_DOMAIN),
    abuseContact: parsed.data.ABUSE_CONTACT === "" ? undefined : parsed.data.ABUSE_CONTACT,
  };
}

/** Cookies and storage of a hostname below the previews' domains could be reached by previews. */
function checkDashboardHost(
  host: string | undefined,
  previewDomain: string,
  linkDomain = `preview.${previewDomain}`,
): string | undefined {
  if (host === undefined || host === "") return undefined;
  const isBelow = [previewDomain, linkDomain].some((each) => host === each || host.endsWith(`.${each}`));
  if (!isBelow) return host;
  throw new SettingsError("DASHBOARD_HOST must not be below PREVIEW_DOMAIN or LINK_DOMAIN");
}

/** Two secrets of one slot could not be told apart by a token. */
function listLinkSecrets(current: LinkSecret, previous: LinkSecret | undefined): Settings["linkSecrets"] {
  if (previous === undefined) return [current];
  if (previous.slot !== current.slot) return [current, previous];
  throw new SettingsError(
    `LINK_SECRET_PREVIOUS must have another slot than LINK_SECRET: put ${1 - current.slot}: before LINK_SECRET`,
  );
}

async function importPassKey(jwk: z.infer<typeof ed25519PrivateJwk>): Promise<PassKey> {
  const { d: _secret, ...publicPart } = jwk;
  try {
    const privateKey = (await importJWK(jwk, SIGNATURE_ALGORITHM)) as CryptoKey;
    return { kid: jwk.kid, privateKey, publicJwk: toPublished(publicPart) };
  } catch {
    throw new SettingsError("PASS_SIGNING_KEY must be a usable Ed25519 private key");
  }
}

/** Connectors find keys by `kid`, and refuse every pass of two keys that share one. */
async function listPassJwks(
  { kid, publicJwk }: PassKey,
  other: z.infer<typeof ed25519PublicJwk> | undefined,
): Promise<readonly PublicJwk[]> {
  if (other === undefined || (other.kid === kid && other.x === publicJwk.x)) return [publicJwk];
  if (other.kid === kid) throw new SettingsError("PASS_SIGNING_KEY_NEXT must have a kid of its own");
  try {
    await importJWK(other, SIGNATURE_ALGORITHM);
  } catch {
    throw new SettingsError("PASS_SIGNING_KEY_NEXT must be a usable Ed25519 key");
  }
  return [publicJwk, toPublished(other)];
}

function toPublished(jwk: z.infer<typeof ed25519PublicJwk>): PublicJwk {
  return { ...jwk, alg: SIGNATURE_ALGORITHM, use: "sig" };
}

function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`).join("; ");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
