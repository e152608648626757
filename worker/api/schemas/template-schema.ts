import * as z from "zod";

export const templateSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "must be a template's name")
  .meta({ description: "What it was started from, where this edge started it.", example: "vite-react" });
