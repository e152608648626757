import { describe, expect, test } from "vitest";
import { DeployError } from "../../../../../dev/deploy/deploy-error.ts";
import {
  DEPLOYMENT_EXAMPLE,
  parseDeployment,
  readDeployment,
} from "../../../../../dev/deploy/settings/deployment.ts";

describe("parseDeployment()", () => {
  test("derives link domain and zones from the three values of the example", () => {
    expect(parseDeployment(DEPLOYMENT_EXAMPLE)).toMatchObject({
      previewDomain: "example.com",
      linkDomain: "preview.example.com",
      previewZone: "example.com",
      linkZone: "example.com",
      hostDomain: "hosts.example.net",
      acceptSharedSite: false,
    });
  });

  test("takes the zone of a domain on the list's private part as the domain itself", () => {
    const text = DEPLOYMENT_EXAMPLE.replace("example.com", "vercel.app");
    expect(parseDeployment(text).previewZone).toBe("vercel.app");
  });

  test.each([
    ["TOML that is none", 'preview_domain = "example.com', "not TOML, at line 1"],
    ["an unknown member", `${DEPLOYMENT_EXAMPLE}\nworkers = 3\n`, '"workers"'],
    ["a missing member", 'preview_domain = "example.com"', "host_domain"],
    ["a domain with a port", DEPLOYMENT_EXAMPLE.replace("example.com", "example.com:443"), "preview_domain"],
    ["a domain in upper case", DEPLOYMENT_EXAMPLE.replace("example.com", "Example.com"), "preview_domain"],
    ["a contact that is none", DEPLOYMENT_EXAMPLE.replace("abuse@", "abuse at "), "abuse_contact"],
    ["an account that is none", `account_id = "me"\n${DEPLOYMENT_EXAMPLE}`, "account_id"],
    [
      "a variable that follows from a member",
      `${DEPLOYMENT_EXAMPLE}[vars]\nLINK_DOMAIN = "links.example.org"\n`,
      "vars.LINK_DOMAIN: set link_domain",
    ],
  ])("refuses %s, and names it", (_what, text, named) => {
    expect(() => parseDeployment(text)).toThrow(DeployError);
    expect(() => parseDeployment(text)).toThrow(named);
  });
});

describe("readDeployment()", () => {
  test("shows what to write where there is no file", async () => {
    await expect(readDeployment("/nowhere/deployment.toml")).rejects.toThrow("preview_domain =");
  });
});
