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
    files: { "note.md": "as it was\n" },
    version: { npm: "code-server" },
  },
  start: {
    file: "sh",
    args: [
      "-c",
      "code-server --auth password --disable-telemetry --disable-update-check --disable-workspace-trust .",
    ],
    env: { PASSWORD },
  },
  // The build without Microsoft's signing module asks for it; the others are reported while the page is left.
  ownErrors: /vsda|during shutdown|Canceled|IDBTransaction|Channel is closed|is disposed|walkThrough/,
  remark: "live: a file that the guest changes, in the open editor",
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
    live: async (visit) => {
      await visit.open();
      await visit.page.getByRole("treeitem", { name: "note.md" }).dblclick();
      await visit.page.locator(".view-line", { hasText: /was|Edited/ }).waitFor();
      await visit.editLive("note.md", "as it was");
    },
    login: async (visit) => {
      await visit.open();
      await visit.page.locator(".monaco-workbench").waitFor();
    },
  },
};
