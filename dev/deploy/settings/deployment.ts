import { readFile } from "node:fs/promises";
import { parse, TomlError } from "smol-toml";
import { getDomain } from "tldts";
import { z } from "zod";
import { DeployError } from "../deploy-error.ts";

/** What an operator decides about one deployment of the edge. It holds no secret. */
export interface Deployment {
  readonly previewDomain: string;
  readonly linkDomain: string;
  /** The zones of both domains at Cloudflare; often one. */
  readonly previewZone: string;
  readonly linkZone: string;
  /** Under which the connectors have their names. */
  readonly hostDomain: string;
  readonly abuseContact: string;
  readonly accountId: string | undefined;
  /** Previews may share cookies with each other: the domains are on no Public Suffix List. */
  readonly acceptSharedSite: boolean;
  /** Further variables of the Worker. */
  readonly vars: Readonly<Record<string, string>>;
}

export const DEPLOYMENT_FILE = "deployment.toml";

const DOMAIN = /^(?=.{4,190}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const domain = z.string().regex(DOMAIN, "must be a lower-case domain without port, like example.com");

/** Variables that follow from other members: routes and checks have to fit them. */
const DERIVED: Readonly<Record<string, string>> = {
  PREVIEW_DOMAIN: "preview_domain",
  LINK_DOMAIN: "link_domain",
  ABUSE_CONTACT: "abuse_contact",
};

const schema = z.strictObject({
  preview_domain: domain,
  link_domain: domain.optional(),
  preview_zone: domain.optional(),
  link_zone: domain.optional(),
  host_domain: domain,
  abuse_contact: z.union(
    [z.email(), z.url({ protocol: /^https$/ })],
    "must be an email address or an https URL",
  ),
  account_id: z
    .string()
    .regex(/^[0-9a-f]{32}$/, "must be 32 lower-case hex digits")
    .optional(),
  accept_shared_site: z.boolean().default(false),
  vars: z
    .record(z.string(), z.string())
    .superRefine((vars, context) => {
      for (const [name, member] of Object.entries(DERIVED))
        if (vars[name] !== undefined)
          context.addIssue({ code: "custom", path: [name], message: `set ${member} in place of it` });
    })
    .default({}),
});

/** The text of a new deployment file. */
export const DEPLOYMENT_EXAMPLE = `preview_domain = "example.com"        # https://3000-{sandbox}.example.com
host_domain = "hosts.example.net"     # https://host-1.hosts.example.net:8443, in another zone than the previews
abuse_contact = "abuse@example.com"   # an email address or an https URL
`;

/**
 * Reads the operator's file.
 *
 * @throws {DeployError} where it is missing or wrong, naming each wrong member
 */
export async function readDeployment(path: string = DEPLOYMENT_FILE): Promise<Deployment> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw new DeployError(`${path} cannot be read: ${error.message}`);
    throw new DeployError(`There is no ${path}. Write one:\n\n${DEPLOYMENT_EXAMPLE}`);
  });
  return parseDeployment(text, path);
}

/** @throws {DeployError} naming each wrong member */
export function parseDeployment(text: string, path: string = DEPLOYMENT_FILE): Deployment {
  const parsed = schema.safeParse(parseToml(text, path));
  if (!parsed.success) throw new DeployError(describeIssues(path, parsed.error));
  const { data } = parsed;
  const linkDomain = data.link_domain ?? `preview.${data.preview_domain}`;
  return {
    previewDomain: data.preview_domain,
    linkDomain,
    previewZone: data.preview_zone ?? zoneOf(data.preview_domain),
    linkZone:
      data.link_zone ??
      (data.link_domain === undefined ? data.preview_zone : undefined) ??
      zoneOf(linkDomain),
    hostDomain: data.host_domain,
    abuseContact: data.abuse_contact,
    accountId: data.account_id,
    acceptSharedSite: data.accept_shared_site,
    vars: data.vars,
  };
}

export function parseToml(text: string, path: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new DeployError(`${path} is not TOML, at line ${error.line}: ${error.message.split("\n")[0]}`);
  }
}

/** The registrable domain, where the list's private part does not count: `vercel.app` is a zone. */
function zoneOf(name: string): string {
  return getDomain(name, { allowPrivateDomains: false }) ?? name;
}

function describeIssues(path: string, { issues }: z.ZodError): string {
  const lines = issues.map((issue) => `  ${issue.path.join(".") || "the file"}: ${issue.message}`);
  return `${path} is wrong:\n${lines.join("\n")}`;
}
