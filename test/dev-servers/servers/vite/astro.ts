import type { DevServer } from "../../dev-server.ts";

const CONFIG = `import { defineConfig } from "astro/config";
import node from "@astrojs/node";

export default defineConfig({ output: "server", adapter: node({ mode: "standalone" }) });
`;

const INDEX = `---
const title = "Astro";
---
<html lang="en">
  <head><title>{title}</title><link rel="icon" href="data:," /></head>
  <body>
    <h1>To get started, open the folder</h1>
    <button>pressed 0 times</button>
    <script>
      document.querySelector("button")?.addEventListener("click", (event) => {
        (event.currentTarget as HTMLButtonElement).textContent = "pressed once";
      });
    </script>
  </body>
</html>
`;

const ACCOUNT = `---
if (Astro.request.method === "POST") {
  const form = await Astro.request.formData();
  Astro.cookies.set("name", String(form.get("name")), { httpOnly: true, path: "/" });
  return Astro.redirect("/account");
}
const name = Astro.cookies.get("name")?.value ?? "nobody";
---
<html lang="en">
  <head><title>Account</title><link rel="icon" href="data:," /></head>
  <body>
    <p>Signed in as {name}</p>
    <form method="post"><input name="name" /><button>Sign in</button></form>
  </body>
</html>
`;

const MOVED = `export const GET = ({ url }: { url: URL }) => Response.redirect(new URL("/account?moved", url));
`;

/** Its generator loads templates from elsewhere, so these files are written as they would be. */
export const astro: DevServer = {
  name: "astro",
  title: "Astro",
  port: 4321,
  project: {
    create: ["npm init -y", "npm pkg set type=module", "npm install astro@7 @astrojs/node@11"],
    files: {
      "astro.config.mjs": CONFIG,
      "tsconfig.json": '{ "extends": "astro/tsconfigs/strict" }',
      "src/pages/index.astro": INDEX,
      "src/pages/account.astro": ACCOUNT,
      "src/pages/moved.ts": MOVED,
    },
    version: { npm: "astro" },
  },
  start: "astro dev",
  remark: "live: it reloads the page for a template, as at `localhost`",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.page.getByRole("button", { name: "pressed 0 times" }).click();
      await visit.see("pressed once");
    },
    post: async (visit) => {
      await visit.open("/account");
      await visit.page.fill("[name=name]", "Ada");
      await visit.page.getByRole("button", { name: "Sign in" }).click();
      await visit.see("Signed in as Ada");
    },
    live: async (visit) => {
      await visit.open();
      await visit.editAndReload("src/pages/index.astro", "To get started, open the folder");
    },
    redirect: async (visit) => {
      await visit.open("/moved");
      await visit.page.waitForURL(`${visit.origin}/account?moved`);
    },
    login: async (visit) => {
      await visit.open("/account");
      await visit.see("Signed in as Ada");
    },
  },
};
