import type { DevServer } from "../../dev-server.ts";

export const wetty: DevServer = {
  name: "wetty",
  title: "WeTTY (a web terminal)",
  port: 3000,
  project: {
    // node-pty has no binary for Linux.
    debian: ["g++", "make", "python3"],
    create: ["npm init -y", "npm install wetty@3.2.0"],
    version: { npm: "wetty" },
  },
  start: "wetty --port 3000 --base / --command bash",
  remark: "live: a shell runs what is typed",
  // Its server sends no file below a folder whose name begins with a dot, such as the cache that the run is in.
  ownErrors: /sw\.js|when fetching the script/,
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.page.locator(".xterm-helper-textarea").waitFor({ state: "attached" });
    },
    live: async (visit) => {
      await visit.open();
      await visit.page.locator(".xterm-helper-textarea").focus();
      await visit.page.keyboard.type(`echo ${visit.flavour} $((6 * 7)) > ~/answer\n`);
      await visit.untilFile("answer", `${visit.flavour} 42`);
    },
  },
};
