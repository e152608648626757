import { z } from "zod";
import { parseSandboxId } from "../shared/sandbox-id.ts";

/** What `parseSandboxId` accepts, and not only the UUIDs of RFC 9562; comes out in lower case. */
export const sandboxIdSchema = z.string().transform((text, check) => {
  const id = parseSandboxId(text);
  if (id === undefined) check.addIssue("must be a UUID");
  return id ?? "";
});
