import type { JWTPayload, JWTVerifyGetKey } from "jose";
import { jwtVerify, SignJWT } from "jose";
import { MAX_PORTS_WITH_SETTINGS } from "../access.ts";
import type { Generation } from "../generation.ts";
import { isGeneration } from "../generation.ts";
import { isEmbedList } from "../link/embed-origin.ts";
import { isPort } from "../port.ts";
import { parseSandboxId } from "../sandbox-id.ts";
import { CLOCK_TOLERANCE_S, SIGNATURE_ALGORITHM } from "./signature.ts";

/**
 * The pass: what the edge promises one connector about a request, as a JWT in `preview-pass`.
 *
 * | claim | pass for a sandbox | pass for the host itself |
 * | --- | --- | --- |
 * | `iss`, `aud` | `preview-edge`, the host's id | the same |
 * | `iat`, `exp` | at most `PASS_MAX_LIFETIME_S` apart | the same |
 * | `sub` | the sandbox's UUID | `host` |
 * | `port`, `gen` | port, generation | absent |
 * | `until` | end of the grant, unix seconds; 0 for none | absent |
 * | `link` | `{id, keyVersion}`, or null under a public hostname | absent |
 * | `host_policy` | `local` or `public`; absent where the host decides | absent |
 * | `scheme` | `https` where the app speaks TLS; else absent | absent |
 * | `loopback` | `off` where no loopback-only server may be reached; else absent | absent |
 * | `listed` | the only ports that a refusal may name; absent where it may name all | absent |
 * | `capture` | `heads` or `bodies` where the host keeps a log of the port's requests; else absent | absent |
 * | `embed` | the origins that may embed the link; absent where none may | absent |
 *
 * The last six are optional: a connector of a former release ignores them, and a pass of a former edge has none.
 */

const ISSUER = "preview-edge";

/** `sub` of a pass for the host itself; no UUID has this form. */
const HOST_SUBJECT = "host";

/** Longest life of a pass. */
export const PASS_MAX_LIFETIME_S = 60;

/** No pass that was signed before a moment is accepted for longer after it. */
export const PASS_MAX_ACCEPTANCE_MS = (PASS_MAX_LIFETIME_S + CLOCK_TOLERANCE_S) * 1000;

/** The signed link that led to a request. */
export interface PassLink {
  /** Names the link without opening it: two passes of one link share it, and logs may show it. */
  readonly id: string;
  /** Version of the workspace's signing key, 0–31. */
  readonly keyVersion: number;
}

/** Whether the app on a port sees itself on localhost, or sees its public address. */
export type HostPolicy = "local" | "public";

/** What a host keeps of a port's requests and responses: their heads only, or their bodies, too. */
export const CAPTURE_MODES = ["heads", "bodies"] as const;

export type CaptureMode = (typeof CAPTURE_MODES)[number];

/** How a request reaches its port, where that differs from the default. */
export interface PassTerms {
  /** Absent where the host decides. */
  readonly hostPolicy?: HostPolicy;
  /** The app speaks TLS. */
  readonly scheme?: "https";
  /** A server that listens on loopback only must not be reached. */
  readonly loopback?: "off";
  /** The only ports that a refusal may name. */
  readonly listed?: readonly number[];
  /** The host keeps a log of the port's requests. */
  readonly capture?: CaptureMode;
}

/** A pass for one port of one generation of a sandbox. */
export interface SandboxPass {
  readonly kind: "sandbox";
  readonly sandboxId: string;
  readonly port: number;
  readonly generation: Generation;
  /** End of the grant, unix milliseconds, whole seconds; open tunnels and streams are cut there. */
  readonly expiresAtMs: number | undefined;
  /** `undefined` where a public hostname led here. */
  readonly link: PassLink | undefined;
  /** Absent where everything is as by default. */
  readonly terms?: PassTerms;
  /** The origins that may embed the link's pages; see `isEmbedList`. */
  readonly embed?: readonly string[] | undefined;
}

/** A pass for a call to the host itself: see `host-calls.ts`. */
export interface HostPass {
  readonly kind: "host";
}

export type Pass = SandboxPass | HostPass;

/** Who signs, and for whom. */
export interface PassSigning {
  readonly hostId: string;
  /** Names the key in the edge's JWK set. */
  readonly keyId: string;
  readonly privateKey: CryptoKey;
}

export interface VerifiedPass {
  readonly pass: Pass;
  /** Until when it is accepted, unix milliseconds, the tolerated clock difference included. */
  readonly acceptedUntilMs: number;
}

/**
 * Signs a pass that is valid for `PASS_MAX_LIFETIME_S` from now.
 *
 * @param nowMs unix milliseconds
 * @returns a JWT (RFC 7519)
 */
export function signPass(
  pass: Pass,
  { hostId, keyId, privateKey }: PassSigning,
  nowMs: number,
): Promise<string> {
  const nowS = Math.floor(nowMs / 1000);
  return new SignJWT(encodePass(pass))
    .setProtectedHeader({ alg: SIGNATURE_ALGORITHM, kid: keyId })
    .setIssuer(ISSUER)
    .setAudience(hostId)
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + PASS_MAX_LIFETIME_S)
    .sign(privateKey);
}

/**
 * Verifies signature, audience, time and claims of a pass.
 *
 * @param nowMs unix milliseconds
 * @throws jose's errors, and a `TypeError` where a claim has another type than the contract says
 */
export async function verifyPass(
  jwt: string,
  hostId: string,
  keys: JWTVerifyGetKey,
  nowMs: number,
): Promise<VerifiedPass> {
  const { payload } = await jwtVerify(jwt, keys, {
    algorithms: [SIGNATURE_ALGORITHM],
    issuer: ISSUER,
    audience: hostId,
    requiredClaims: ["sub", "exp", "iat"],
    maxTokenAge: PASS_MAX_LIFETIME_S,
    clockTolerance: CLOCK_TOLERANCE_S,
    currentDate: new Date(nowMs),
  });
  const { exp = 0, iat = 0 } = payload;
  const endS = Math.min(exp, iat + PASS_MAX_LIFETIME_S) + CLOCK_TOLERANCE_S;
  return { pass: decodePass(payload), acceptedUntilMs: endS * 1000 };
}

function encodePass(pass: Pass): JWTPayload {
  if (pass.kind === "host") return { sub: HOST_SUBJECT };
  const { sandboxId, port, generation, expiresAtMs, link, embed, terms } = pass;
  const until = expiresAtMs === undefined ? 0 : expiresAtMs / 1000;
  const claims = {
    sub: sandboxId,
    port,
    gen: generation,
    until,
    link: link ?? null,
    ...(embed && { embed }),
  };
  return terms === undefined ? claims : { ...claims, ...encodeTerms(terms) };
}

function encodeTerms({ hostPolicy, scheme, loopback, listed, capture }: PassTerms): JWTPayload {
  return {
    ...(hostPolicy !== undefined && { host_policy: hostPolicy }),
    ...(scheme !== undefined && { scheme }),
    ...(loopback !== undefined && { loopback }),
    ...(listed !== undefined && { listed }),
    ...(capture !== undefined && { capture }),
  };
}

function decodePass(payload: JWTPayload): Pass {
  const { sub, port, gen, until, link, embed } = payload;
  if (sub === HOST_SUBJECT) return { kind: "host" };
  if (sub === undefined || parseSandboxId(sub) !== sub)
    throw new TypeError("sub must be a UUID in lower case");
  if (!isPort(port)) throw new TypeError("port must be a TCP port");
  if (typeof gen !== "string" || !isGeneration(gen)) throw new TypeError("gen must be a generation");
  if (typeof until !== "number" || !Number.isSafeInteger(until) || until < 0)
    throw new TypeError("until must be unix seconds");
  if (link !== null && !isPassLink(link)) throw new TypeError("link must have id and keyVersion");
  if (embed !== undefined && (link === null || !isEmbedList(embed)))
    throw new TypeError("embed must be a link's list of https origins");
  return {
    kind: "sandbox",
    sandboxId: sub,
    port,
    generation: gen,
    expiresAtMs: until === 0 ? undefined : until * 1000,
    link: link ?? undefined,
    ...(embed !== undefined && { embed }),
    ...decodeTerms(payload),
  };
}

function decodeTerms({ host_policy: hostPolicy, scheme, loopback, listed, capture }: JWTPayload): {
  terms?: PassTerms;
} {
  const claims = [hostPolicy, scheme, loopback, listed, capture];
  if (claims.every((claim) => claim === undefined)) return {};
  if (hostPolicy !== undefined && hostPolicy !== "local" && hostPolicy !== "public")
    throw new TypeError("host_policy must be local or public");
  if (scheme !== undefined && scheme !== "https") throw new TypeError("scheme must be https");
  if (loopback !== undefined && loopback !== "off") throw new TypeError("loopback must be off");
  if (listed !== undefined && !isPortList(listed)) throw new TypeError("listed must be ports");
  if (capture !== undefined && !isCaptureMode(capture))
    throw new TypeError("capture must be heads or bodies");
  return {
    terms: {
      ...(hostPolicy !== undefined && { hostPolicy }),
      ...(scheme !== undefined && { scheme }),
      ...(loopback !== undefined && { loopback }),
      ...(listed !== undefined && { listed }),
      ...(capture !== undefined && { capture }),
    },
  };
}

function isCaptureMode(value: unknown): value is CaptureMode {
  return (CAPTURE_MODES as readonly unknown[]).includes(value);
}

function isPortList(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= MAX_PORTS_WITH_SETTINGS && value.every(isPort);
}

function isPassLink(value: unknown): value is PassLink {
  if (typeof value !== "object" || value === null) return false;
  const { id, keyVersion } = value as Partial<PassLink>;
  return typeof id === "string" && typeof keyVersion === "number";
}
