import type { DevServer } from "../../dev-server.ts";

const MOVED = `import { redirect } from "@sveltejs/kit";

export function GET({ url }: { url: URL }) {
  redirect(303, new URL("/about", url).href);
}
`;

/** The next guess, once the server has taken the first. */
const SECOND_ROW = ".grid .row.current:nth-of-type(2)";

/** The demo has a game whose form actions keep its state in a cookie. */
export const sveltekit: DevServer = {
  name: "sveltekit",
  title: "SvelteKit",
  port: 5173,
  project: {
    create: ["npx sv@0.17.1 create . --template demo --types ts --no-add-ons --no-install", "npm install"],
    files: { "src/routes/moved/+server.ts": MOVED },
    version: { npm: "@sveltejs/kit" },
  },
  start: "vite dev",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.page.getByLabel("Increase the counter by one").click();
      await visit.page.waitForFunction(() =>
        document.querySelector(".counter-digits")?.textContent?.includes("1"),
      );
    },
    post: async (visit) => {
      await visit.open("/sverdle");
      await visit.page.waitForLoadState("networkidle");
      await visit.page.keyboard.type("about");
      await visit.page.keyboard.press("Enter");
      await visit.page.locator(SECOND_ROW).waitFor();
    },
    live: async (visit) => {
      await visit.open();
      await visit.editLive("src/routes/+page.svelte", "try editing");
    },
    redirect: async (visit) => {
      await visit.open("/moved");
      await visit.page.waitForURL(`${visit.origin}/about`);
    },
    login: async (visit) => {
      await visit.open("/sverdle");
      await visit.page.locator(SECOND_ROW).waitFor();
    },
  },
};
