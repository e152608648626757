import type { DevServer } from "../../dev-server.ts";

const CONFIG = `storage: ./storage
auth:
  htpasswd:
    file: ./htpasswd
packages:
  "**":
    access: $all
    publish: $authenticated
log: { type: stdout, format: pretty, level: warn }
`;
const PASSWORD = "lovelace-1815";

export const verdaccio: DevServer = {
  name: "verdaccio",
  title: "Verdaccio",
  port: 4873,
  project: {
    // It names a tag of node-fetch that not every registry has.
    create: ["npm init -y", "npm pkg set overrides.node-fetch=2.7.0", "npm install verdaccio@6.10.4"],
    files: { "config.yaml": CONFIG },
    version: { npm: "verdaccio" },
  },
  start: "verdaccio --config config.yaml",
  hostPolicy: "public",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.see("No Package Published Yet");
    },
    post: async (visit) => {
      await visit.open();
      const name = `ada-${visit.flavour}`;
      const path = `/-/user/org.couchdb.user:${name}`;
      const { token } = await visit.callJson<{ token?: string }>("PUT", path, { name, password: PASSWORD });
      if (token === undefined) throw new Error("the registry gave no token");
    },
    login: async (visit) => {
      await visit.open();
      await visit.page.getByTestId("header--button-login").click();
      await visit.page.locator("input[name=username]").fill(`ada-${visit.flavour}`);
      await visit.page.locator("input[name=password]").fill(PASSWORD);
      await visit.page.locator("#login--dialog-button-submit").click();
      await visit.page.getByTestId("logInDialogIcon").waitFor();
    },
  },
};
