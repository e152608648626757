import type { DevServer } from "../dev-server.ts";
import { docusaurus } from "./bundlers/docusaurus.ts";
import { next } from "./bundlers/next.ts";
import { webpack } from "./bundlers/webpack.ts";
import { codeServer } from "./node/code-server.ts";
import { express } from "./node/express.ts";
import { jsonServer } from "./node/json-server.ts";
import { nest } from "./node/nest.ts";
import { socketIo } from "./node/socket-io.ts";
import { verdaccio } from "./node/verdaccio.ts";
import { wetty } from "./node/wetty.ts";
import { novnc } from "./other/novnc.ts";
import { php } from "./other/php.ts";
import { sinatra } from "./other/sinatra.ts";
import { django } from "./python/django.ts";
import { fastapi } from "./python/fastapi.ts";
import { flask } from "./python/flask.ts";
import { jupyter } from "./python/jupyter.ts";
import { gradio } from "./stand-ins/gradio.ts";
import { streamlit } from "./stand-ins/streamlit.ts";
import { angular } from "./vite/angular.ts";
import { astro } from "./vite/astro.ts";
import { nuxt, nuxtRequestUrl } from "./vite/nuxt.ts";
import { reactRouter } from "./vite/react-router.ts";
import { storybook } from "./vite/storybook.ts";
import { sveltekit } from "./vite/sveltekit.ts";
import { viteReact } from "./vite/vite-react.ts";
import { viteVue } from "./vite/vite-vue.ts";

/** In the order of the table. */
export const ALL_SERVERS: readonly DevServer[] = [
  viteReact,
  viteVue,
  next,
  webpack,
  astro,
  sveltekit,
  nuxt,
  nuxtRequestUrl,
  reactRouter,
  angular,
  storybook,
  docusaurus,
  express,
  socketIo,
  nest,
  verdaccio,
  jsonServer,
  codeServer,
  jupyter,
  django,
  flask,
  fastapi,
  sinatra,
  php,
  wetty,
  novnc,
  streamlit,
  gradio,
];
