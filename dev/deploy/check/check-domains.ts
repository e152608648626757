import { getPublicSuffix } from "tldts";
import type { Deployment } from "../settings/deployment.ts";
import type { Problem } from "./problem.ts";

/** RFC 2606 and RFC 6761: nobody can have a zone there. */
const RESERVED = /(^|\.)(example\.(com|net|org)|example|test|invalid|localhost|local)$/;

/** Finds what is wrong with the names of a deployment, from their text and the bundled Public Suffix List. */
export function checkDomains(deployment: Deployment): Problem[] {
  const { previewDomain, linkDomain, hostDomain } = deployment;
  const chosen = [
    previewDomain,
    ...(linkDomain.endsWith(`.${previewDomain}`) ? [] : [linkDomain]),
    hostDomain,
  ];
  return [
    ...chosen.filter((name) => RESERVED.test(name)).map(isExample),
    ...(deployment.acceptSharedSite ? [] : checkSuffixes(previewDomain, linkDomain)),
    ...checkHostZone(deployment),
  ];
}

function isExample(name: string): Problem {
  return { name: "example_domain", text: `${name} is reserved for examples: nobody can have a zone there` };
}

function checkSuffixes(previewDomain: string, linkDomain: string): Problem[] {
  const problems: Problem[] = [];
  if (!isPublicSuffix(previewDomain))
    problems.push({ name: "preview_suffix_not_listed", text: notListed(previewDomain, "sandbox") });
  if (!isPublicSuffix(linkDomain))
    problems.push({ name: "link_suffix_not_listed", text: notListed(linkDomain, "link") });
  return problems;
}

function notListed(domain: string, what: string): string {
  return `${domain} is not on the Public Suffix List: a script of one ${what} can set cookies for all others. Submit it (https://publicsuffix.org/submit/), and update the package tldts once it is listed; or accept it with --accept-shared-site`;
}

/** A rule of its own, also in the list's private part: `vercel.app` is one, `preview.vercel.app` is not. */
export function isPublicSuffix(domain: string): boolean {
  return getPublicSuffix(`x.${domain}`, { allowPrivateDomains: true }) === domain && domain.includes(".");
}

function checkHostZone({ hostDomain, previewZone, linkZone }: Deployment): Problem[] {
  const zone = [previewZone, linkZone].find((name) => hostDomain === name || hostDomain.endsWith(`.${name}`));
  if (zone === undefined) return [];
  return [
    {
      name: "host_in_preview_zone",
      text: `the connectors' names (${hostDomain}) are in the previews' zone ${zone}: the Worker's route and the zone's settings would apply to them. Use another zone`,
    },
  ];
}
