import type { DevServer } from "../../dev-server.ts";
import { countOnce } from "./count-once.ts";

export const viteVue: DevServer = {
  name: "vite-vue",
  title: "Vite (Vue)",
  port: 5173,
  project: {
    create: ["npx create-vite@9.3.0 . --template vue-ts --no-interactive", "npm install"],
    version: { npm: "vite" },
  },
  start: "vite",
  checks: {
    page: async (visit) => {
      await visit.open();
      await countOnce(visit);
    },
    live: async (visit) => {
      await visit.editLive("src/components/HelloWorld.vue", "Get started");
      await visit.see("Count is 1");
    },
  },
};
