import type { DevServer } from "../../dev-server.ts";

const MAIN = `export default {
  framework: "@storybook/react-vite",
  stories: ["../src/**/*.stories.tsx"],
  core: { disableTelemetry: true },
  viteFinal: (config) => ({ ...config, server: { ...config.server, hmr: { ...config.server?.hmr, clientPort: 443 } } }),
};
`;

const BUTTON = `export function Button({ label }: { label: string }) {
  return <button type="button">{label}: made of clay</button>;
}
`;

const STORIES = `import { Button } from "./Button";

export default { title: "Button", component: Button };
export const Primary = { args: { label: "Primary" } };
`;

export const storybook: DevServer = {
  name: "storybook",
  title: "Storybook",
  port: 6006,
  project: {
    create: [
      "npm init -y",
      "npm pkg set type=module",
      "npm install react@19 react-dom@19",
      "npm install -D storybook@10 @storybook/react-vite@10 vite@8 @vitejs/plugin-react@6 typescript@5",
    ],
    files: {
      ".storybook/main.ts": MAIN,
      "vite.config.ts":
        'import react from "@vitejs/plugin-react";\nimport { defineConfig } from "vite";\n\nexport default defineConfig({ plugins: [react()] });\n',
      "src/Button.tsx": BUTTON,
      "src/Button.stories.tsx": STORIES,
    },
    version: { npm: "storybook" },
  },
  start: "storybook dev -p 6006 --no-open --disable-telemetry",
  setting: "`viteFinal: (config) => ({ ...config, server: { ...config.server, hmr: { clientPort: 443 } } })`",
  // Its pages give its server one second to respond, which is too short on a busy machine.
  ownErrors: /UniversalStore follower/,
  checks: {
    page: async (visit) => {
      await visit.open("/?path=/story/button--primary");
      await visit.page.frameLocator("#storybook-preview-iframe").getByText("Primary: ").waitFor();
    },
    live: async (visit) => {
      await visit.open("/?path=/story/button--primary");
      const frame = visit.page.frameLocator("#storybook-preview-iframe");
      await frame.getByText("Primary: ").waitFor();
      await visit.edit("src/Button.tsx", "made of clay");
      await frame.getByText(`Primary: ${visit.edited}`).waitFor();
    },
  },
};
