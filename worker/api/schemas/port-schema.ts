import { z } from "@hono/zod-openapi";

export const portSchema = z.int().min(1).max(65_535).meta({ description: "A TCP port.", example: 3000 });
