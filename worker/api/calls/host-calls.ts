import { z } from "@hono/zod-openapi";
import { MAX_PORTS_PER_SANDBOX } from "../../../shared/port.ts";
import { defineCall } from "../call/call.ts";
import { hostParams } from "../schemas/name-schema.ts";
import { portSchema } from "../schemas/port-schema.ts";
import { uuidSchema } from "../schemas/uuid-schema.ts";

export const MAX_GUESTS_PER_HOST = 10_000;

const generation = z
  .string()
  .regex(/^\d{13}-[a-z0-9]{8}$/, "must be unix milliseconds, a dash and 8 characters")
  .meta({
    description: "This start of the guest: its unix milliseconds, a dash, 8 characters.",
    example: "1764088200000-1a2b3c4d",
  });
const ports = z.array(portSchema).max(MAX_PORTS_PER_SANDBOX).describe("TCP ports that listen inside.");

const guest = z.strictObject({ sandbox_id: uuidSchema, generation });
const guestEcho = z.object({ sandbox_id: uuidSchema, generation });

const shared = {
  method: "post",
  tag: "Hosts",
  who: "host",
  params: hostParams,
} as const;

export const attachCall = defineCall({
  ...shared,
  id: "attachGuest",
  path: "/v1/hosts/{host}/attach",
  summary: "Make a guest reachable",
  description: "Again changes nothing. `conflict` for a generation that has ended or was overtaken.",
  body: guest.extend({
    ports,
    workspace: z.string().min(1).max(63).meta({ description: "Its workspace.", example: "acme" }),
  }),
  answer: { status: 200, description: "It is reachable.", schema: guestEcho },
  refusals: ["not_found", "forbidden", "conflict"],
});

export const detachCall = defineCall({
  ...shared,
  id: "detachGuest",
  path: "/v1/hosts/{host}/detach",
  summary: "Take a guest's route down",
  description: "Does nothing where a newer generation or another host holds the route.",
  body: guest,
  answer: { status: 200, description: "That generation is not reachable.", schema: guestEcho },
});

export const portsCall = defineCall({
  ...shared,
  id: "reportPorts",
  path: "/v1/hosts/{host}/ports",
  summary: "Report a guest's open ports",
  body: guest.extend({ ports }),
  answer: {
    status: 200,
    description: "The ports are known.",
    schema: z.object({ sandbox_id: uuidSchema, ports }),
  },
  refusals: ["conflict"],
});

export const heartbeatCall = defineCall({
  ...shared,
  id: "heartbeat",
  path: "/v1/hosts/{host}/heartbeat",
  summary: "Say what is attached",
  description: "Reconciles: the edge forgets what the host no longer has, and asks for what it has lost.",
  body: z.strictObject({
    taken_at: z.int().meta({
      description: "The host's clock when it took the list, unix milliseconds.",
      example: 1_764_088_200_000,
    }),
    guests: z.array(guest).max(MAX_GUESTS_PER_HOST),
  }),
  answer: {
    status: 200,
    description: "What differs.",
    schema: z.object({
      forgotten: z.array(uuidSchema).describe("Sandboxes whose routes were taken down."),
      missing: z.array(uuidSchema).describe("Sandboxes to attach again."),
    }),
  },
});
