export type { ClientOptions } from "./api/api-client.ts";
export type {
  CreateSandboxBody,
  LoggedRequest,
  PreviewToken,
  Problem,
  ReplayOverrides,
  RequestDetail,
  SandboxInfo,
} from "./api/types.ts";
export { Client } from "./client.ts";
export {
  ConfigurationError,
  ForbiddenError,
  InvalidRequestError,
  NetworkError,
  NotFoundError,
  PandaStackError,
  PortClosedError,
  PortTimeoutError,
  RateLimitError,
  SuspendedError,
  UnauthorizedError,
  UnavailableError,
} from "./errors.ts";
export { previewSuffix } from "./preview-host.ts";
export type {
  CaptureOptions,
  CreateOptions,
  LinkOptions,
  PortAccess,
  RequestFilter,
  SignalOption,
} from "./sandbox.ts";
export { Sandbox } from "./sandbox.ts";
export type { ListOptions, SandboxList } from "./sandbox-list.ts";
export type { PortChange } from "./watch-ports.ts";
