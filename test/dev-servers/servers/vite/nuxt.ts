import type { DevServer } from "../../dev-server.ts";
import { DOMAIN } from "../../domain.ts";
import type { Visit } from "../../visit/visit.ts";

const APP = `<script setup lang="ts">
const count = ref(0);
const answer = ref("nobody");
const { data: account } = await useFetch("/api/account");
async function signIn() {
  const { name } = await $fetch<{ name: string }>("/api/account", { method: "POST", body: { name: "Ada" } });
  answer.value = name;
}
</script>

<template>
  <div>
    <h1>Welcome to Nuxt</h1>
    <button @click="count++">Count is {{ count }}</button>
    <button @click="signIn">Sign in</button>
    <p>Signed in as {{ answer }}, before as {{ account?.name }}</p>
  </div>
</template>
`;

/** `useRequestURL()` gives the server the URL that it believes in, and the browser its own. */
const URL_APP = APP.replace("<h1>", "<p>{{ useRequestURL().href }}</p>\n    <h1>");

const CONFIG = `export default defineNuxtConfig({ compatibilityDate: "2026-01-01", devtools: { enabled: true } });
`;
const URL_CONFIG = CONFIG.replace("devtools", `vite: { server: { allowedHosts: [".${DOMAIN}"] } }, devtools`);

const files = (app: string, config: string): Record<string, string> => ({
  "nuxt.config.ts": config,
  "tsconfig.json": '{ "files": [], "references": [{ "path": "./.nuxt/tsconfig.app.json" }] }',
  "app/app.vue": app,
  "server/api/account.get.ts":
    'export default defineEventHandler((event) => ({ name: getCookie(event, "name") ?? "nobody" }));\n',
  "server/api/account.post.ts": `export default defineEventHandler(async (event) => {
  const { name } = await readBody<{ name: string }>(event);
  setCookie(event, "name", name, { httpOnly: true });
  return { name };
});
`,
  "server/routes/moved.ts":
    'export default defineEventHandler((event) => sendRedirect(event, new URL("/?moved", getRequestURL(event)).href));\n',
});

const CREATE = ["npm init -y", "npm pkg set type=module", "npm install nuxt@4.5.2 vue vue-router"];

const checks: DevServer["checks"] = {
  page: async (visit) => {
    await openHydrated(visit);
    await visit.page.getByRole("button", { name: "Count is 0" }).click();
    await visit.see("Count is 1");
  },
  post: async (visit) => {
    await openHydrated(visit);
    await visit.page.getByRole("button", { name: "Sign in" }).click();
    await visit.see("Signed in as Ada");
  },
  live: async (visit) => {
    await openHydrated(visit);
    await visit.editLive("app/app.vue", "Welcome to Nuxt");
  },
  redirect: async (visit) => {
    await visit.open("/moved");
    await visit.page.waitForURL(`${visit.origin}/?moved`);
  },
  login: async (visit) => {
    await visit.open();
    await visit.see("before as Ada");
  },
};

async function openHydrated(visit: Visit): Promise<void> {
  await visit.open();
  await visit.page.waitForFunction(() => {
    const { useNuxtApp } = window as { useNuxtApp?: () => { isHydrating?: boolean } };
    return useNuxtApp?.().isHydrating === false;
  });
}

/** Its generator loads templates from elsewhere, so these files are written as they would be. */
export const nuxt: DevServer = {
  name: "nuxt",
  title: "Nuxt",
  port: 3000,
  project: { create: CREATE, files: files(APP, CONFIG), version: { npm: "nuxt" } },
  start: "nuxt dev",
  checks,
};

export const nuxtRequestUrl: DevServer = {
  name: "nuxt-request-url",
  title: "Nuxt with `useRequestURL()`",
  port: 3000,
  project: { create: CREATE, files: files(URL_APP, URL_CONFIG), version: { npm: "nuxt" } },
  start: "nuxt dev",
  hostPolicy: "public",
  setting: '`vite: { server: { allowedHosts: [".{your domain}"] } }`',
  checks,
};
