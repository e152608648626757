import type { DevServer } from "../../dev-server.ts";

export const docusaurus: DevServer = {
  name: "docusaurus",
  title: "Docusaurus",
  port: 3000,
  project: {
    create: [
      "npx create-docusaurus@3.10.2 made classic --typescript --skip-install",
      "cp -a made/. . && rm -r made",
      "npm install",
    ],
    version: { npm: "@docusaurus/core" },
  },
  start: "docusaurus start --no-open",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.see("Dinosaurs are cool");
    },
    live: async (visit) => {
      await visit.open();
      await visit.see("Docusaurus Tutorial");
      await visit.editLive("src/components/HomepageFeatures/index.tsx", "Focus on What Matters");
    },
  },
};
