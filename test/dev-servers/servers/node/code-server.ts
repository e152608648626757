import type { DevServer } from "../../dev-server.ts";

const PASSWORD = "lovelace-1815";

export const codeServer: DevServer = {
  name: "code-server",
  title: "code-server",
  port: 8080,
  project: {
    // argon2 and node-pty are compiled where they have no binary.
    debian: ["g++", "make", "python3", "libkrb5-dev", "pkg-config"],
    create: ["npm init -y", "npm install code-server@4.139.1"],
    version: { npm: "code-server" },
  },
  start: {
    file: "sh",
    args: ["-c", "code-server --auth password --disable-telemetry --disable-update-check ."],
    env: { PASSWORD },
  },
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.see("Welcome to code-server");
    },
    post: async (visit) => {
      await visit.open();
      await visit.page.fill("[name=password]", PASSWORD);
      await visit.page.locator("[type=submit]").click();
      await visit.page.locator(".monaco-workbench").waitFor();
    },
    login: async (visit) => {
      await visit.open();
      await visit.page.locator(".monaco-workbench").waitFor();
    },
  },
};
