import { Hono } from "hono";
import type { ApiEnvironment } from "./api-environment.ts";
import type { AnyCall } from "./call/call.ts";

/** The API, and the calls that it serves, of which its document is made. */
export class ApiApp extends Hono<ApiEnvironment> {
  readonly calls: AnyCall[] = [];
}
