import * as z from "zod";

/** The form that `formatTime` writes. */
export const timeSchema = z
  .string()
  .meta({ format: "date-time", description: "RFC 3339, UTC.", example: "2026-11-25T16:30:00Z" });
