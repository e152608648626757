import * as z from "zod";

/** A name of something for people. */
export const titleSchema = z.string().min(1).max(100).meta({ description: "For people.", example: "Acme" });
