import type { HtmlEscapedString } from "hono/utils/html";

/** Markup made by `html` templates, whose parts are escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;
