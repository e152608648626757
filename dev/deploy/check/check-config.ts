import { z } from "zod";
import { parseSettings, SettingsError, VARIABLE_NAMES } from "../../../worker/settings.ts";
import { createPassKey } from "../../create-pass-key.ts";
import { createLinkSecret, REQUIRED_SECRETS } from "../settings/secrets.ts";
import type { WranglerConfig } from "../settings/wrangler-config.ts";
import type { Problem } from "./problem.ts";

/** Bindings without which the Worker does not serve; `worker/environment.ts` has them all. */
const KV_BINDING = "POLICY";
const OBJECT_BINDINGS = ["SANDBOX", "WORKSPACE", "HOST", "ORG"];
const PLACEHOLDER_ID = /^0+$/;

const configSchema = z.object({
  workers_dev: z.boolean().default(true),
  vars: z.record(z.string(), z.unknown()).default({}),
  kv_namespaces: z.array(z.object({ binding: z.string(), id: z.string().optional() })).default([]),
  durable_objects: z
    .object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })) })
    .default({ bindings: [] }),
  migrations: z.array(z.object({ new_sqlite_classes: z.array(z.string()).default([]) })).default([]),
  observability: z
    .object({
      enabled: z.boolean().optional(),
      logs: z.object({ invocation_logs: z.boolean().default(true) }).optional(),
      traces: z.object({ enabled: z.boolean().default(false) }).optional(),
    })
    .default({}),
  logpush: z.boolean().default(false),
  tail_consumers: z.array(z.unknown()).default([]),
});

type Config = z.output<typeof configSchema>;

/** Finds what is wrong with the Worker's configuration: bindings, what shows URLs, and its variables. */
export async function checkConfig(raw: WranglerConfig): Promise<Problem[]> {
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success)
    return parsed.error.issues.map(({ path, message }) =>
      problem("variable_wrong", `${path.join(".")}: ${message}`),
    );
  const config = parsed.data;
  return [
    ...(config.workers_dev
      ? [
          problem(
            "workers_dev_on",
            "workers_dev must be false: at *.workers.dev the Worker has no preview domain",
          ),
        ]
      : []),
    ...checkUrlsInLogs(config),
    ...checkBindings(config),
    ...(await checkVariables(config.vars)),
  ];
}

function checkUrlsInLogs({ observability, logpush, tail_consumers: tails }: Config): Problem[] {
  const isOn = [
    observability.enabled === true && "observability.enabled",
    observability.logs?.invocation_logs === true && "observability.logs.invocation_logs",
    observability.traces?.enabled === true && "observability.traces",
    logpush && "logpush",
    tails.length > 0 && "tail_consumers",
  ].filter((name) => name !== false);
  return isOn.map((name) =>
    problem("logs_have_urls", `${name} must be off: it writes URLs, and a link's URL opens the link`),
  );
}

function checkBindings(config: Config): Problem[] {
  const namespace = config.kv_namespaces.find(({ binding }) => binding === KV_BINDING);
  const objects = new Map(
    config.durable_objects.bindings.map((binding) => [binding.name, binding.class_name]),
  );
  const migrated = new Set(config.migrations.flatMap((migration) => migration.new_sqlite_classes));
  const missing = [
    ...(namespace === undefined ? [KV_BINDING] : []),
    ...OBJECT_BINDINGS.filter((name) => !objects.has(name)),
  ];
  return [
    ...missing.map((name) => problem("binding_missing", `the Worker needs the binding ${name}`)),
    ...(namespace?.id !== undefined && PLACEHOLDER_ID.test(namespace.id)
      ? [
          problem(
            "kv_placeholder",
            `the id of ${KV_BINDING} is a placeholder: leave it out, Wrangler creates the namespace`,
          ),
        ]
      : []),
    ...[...objects.values()]
      .filter((className) => !migrated.has(className))
      .map((name) =>
        problem("object_not_migrated", `no migration creates the class ${name} (new_sqlite_classes)`),
      ),
  ];
}

/** The Worker's own check of its variables; the secrets are made up here, and checked where they are kept. */
async function checkVariables(vars: Readonly<Record<string, unknown>>): Promise<Problem[]> {
  const secretNames: readonly string[] = [
    ...REQUIRED_SECRETS,
    "LINK_SECRET_PREVIOUS",
    "PASS_SIGNING_KEY_NEXT",
  ];
  const shown = Object.keys(vars).filter((name) => secretNames.includes(name));
  const plain = Object.fromEntries(Object.entries(vars).filter(([name]) => !secretNames.includes(name)));
  const problems = shown.map((name) =>
    problem("secret_in_vars", `${name} is a secret: as a variable everybody with the account can read it`),
  );
  for (const name of Object.keys(vars).filter((each) => !VARIABLE_NAMES.includes(each)))
    problems.push(problem("variable_unknown", `the Worker has no variable ${name}`));
  if (vars.ALLOW_HTTP === "true")
    problems.push(problem("variable_wrong", "ALLOW_HTTP is for a developer's machine only"));
  const error = await findSettingsError({ ...plain, ...(await inventSecrets()) });
  return error === undefined ? problems : [...problems, problem("variable_wrong", error)];
}

/** @returns what the Worker would log, and respond 503 to each request */
export async function findSettingsError(
  values: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  try {
    await parseSettings(values);
    return undefined;
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
}

async function inventSecrets(): Promise<Record<string, string>> {
  return {
    LINK_SECRET: createLinkSecret(),
    PASS_SIGNING_KEY: await createPassKey(),
    ADMIN_TOKEN_SHA256: "0".repeat(64),
  };
}

function problem(name: Problem["name"], text: string): Problem {
  return { name, text };
}
