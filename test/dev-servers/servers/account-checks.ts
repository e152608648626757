import type { Checks } from "../dev-server.ts";

/**
 * For apps with a page at `/account` that says `Signed in as {name}`, a form there that signs in, and a redirect to it
 * at `/moved` whose target is an absolute URL.
 */
export const ACCOUNT_CHECKS: Required<Pick<Checks, "post" | "redirect" | "login">> = {
  post: async (visit) => {
    await visit.open("/account");
    await visit.page.fill("[name=name]", "Ada");
    await visit.page.getByRole("button", { name: "Sign in" }).click();
    await visit.see("Signed in as Ada");
    visit.expectOrigin();
  },
  redirect: async (visit) => {
    await visit.open("/moved");
    await visit.page.waitForURL(`${visit.origin}/account?moved`);
  },
  login: async (visit) => {
    await visit.open("/account");
    await visit.see("Signed in as Ada");
  },
};
