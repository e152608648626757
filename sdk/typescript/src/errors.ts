import type { Problem } from "./api/types.ts";

/** What the API has answered about a call that it refused (RFC 9457), or an own code. */
export interface ErrorFacts {
  readonly code: string;
  readonly status?: number;
  readonly requestId?: string | undefined;
  /** Whole seconds until a retry can succeed. */
  readonly retryAfterS?: number | undefined;
  /** Each wrong part of a request. */
  readonly errors?: Problem["errors"];
  readonly openPorts?: readonly number[] | undefined;
}

/** Every error of this package that is not a wrong argument. `code` is stable; `message` is for people. */
export class PandaStackError extends Error {
  override readonly name: string = "PandaStackError";
  readonly code: string;
  /** Of the response; 0 where there was none. */
  readonly status: number;
  /** Finds the request in the operator's log. */
  readonly requestId: string | undefined;
  readonly retryAfterS: number | undefined;
  readonly errors: Problem["errors"];

  constructor(message: string, facts: ErrorFacts, options?: ErrorOptions) {
    super(message, options);
    this.code = facts.code;
    this.status = facts.status ?? 0;
    this.requestId = facts.requestId;
    this.retryAfterS = facts.retryAfterS;
    this.errors = facts.errors;
  }
}

/** No token is configured. */
export class ConfigurationError extends PandaStackError {
  override readonly name: string = "ConfigurationError";
}
/** The API could not be reached. */
export class NetworkError extends PandaStackError {
  override readonly name: string = "NetworkError";
}
/** The token is not valid. */
export class UnauthorizedError extends PandaStackError {
  override readonly name: string = "UnauthorizedError";
}
/** The token may not do that. */
export class ForbiddenError extends PandaStackError {
  override readonly name: string = "ForbiddenError";
}
/** There is no such sandbox or resource. */
export class NotFoundError extends PandaStackError {
  override readonly name: string = "NotFoundError";
}
/** The API refused the request's members; `errors` lists them. */
export class InvalidRequestError extends PandaStackError {
  override readonly name: string = "InvalidRequestError";
}
/** The limit of the token is used up, also after the retries. */
export class RateLimitError extends PandaStackError {
  override readonly name: string = "RateLimitError";
}
/** The operator has suspended the sandbox, its workspace or its org. */
export class SuspendedError extends PandaStackError {
  override readonly name: string = "SuspendedError";
}
/** The service or the sandbox's host does not respond at the moment, also after the retries. */
export class UnavailableError extends PandaStackError {
  override readonly name: string = "UnavailableError";
}
/** No server listens on the port. */
export class PortClosedError extends PandaStackError {
  override readonly name: string = "PortClosedError";
  /** Ports of the sandbox on which a server listens. */
  readonly openPorts: readonly number[];

  constructor(message: string, facts: ErrorFacts) {
    super(message, facts);
    this.openPorts = facts.openPorts ?? [];
  }
}
/** The port did not open in time. */
export class PortTimeoutError extends PortClosedError {
  override readonly name: string = "PortTimeoutError";
}

type ErrorClass = new (message: string, facts: ErrorFacts) => PandaStackError;

const CLASSES: Readonly<Record<string, ErrorClass>> = {
  unauthorized: UnauthorizedError,
  forbidden: ForbiddenError,
  not_found: NotFoundError,
  sandbox_not_found: NotFoundError,
  request_invalid: InvalidRequestError,
  rate_limited: RateLimitError,
  suspended: SuspendedError,
  port_closed: PortClosedError,
};

/** The error for a response of the API that is not a success. */
export function errorFor(status: number, problem: Partial<Problem>, retryAfterS?: number): PandaStackError {
  const code = problem.code ?? `http_${status}`;
  const unavailable = status >= 502 && status <= 504 ? UnavailableError : PandaStackError;
  const Class = (Object.hasOwn(CLASSES, code) ? CLASSES[code] : undefined) ?? unavailable;
  return new Class(problem.detail ?? `The API answered with status ${status}.`, {
    code,
    status,
    requestId: problem.request_id,
    retryAfterS: problem.retry_after ?? retryAfterS,
    errors: problem.errors,
    openPorts: problem.open_ports,
  });
}
