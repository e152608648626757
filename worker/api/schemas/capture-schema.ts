import * as z from "zod";

export const captureSchema = z
  .object({
    bodies: z.boolean(),
    mask: z.array(z.string()).describe("Fields that are masked beside those that always are."),
  })
  .meta({ id: "Capture", description: "What the host keeps of a port's requests." });
