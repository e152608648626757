import type { DevServer } from "../../dev-server.ts";

const PAGE = `import { cookies } from "next/headers";

/** The page waits for the cookies. */
export const instant = false;

async function signIn(form: FormData) {
  "use server";
  (await cookies()).set("name", String(form.get("name")), { httpOnly: true });
}

export default async function Account() {
  const name = (await cookies()).get("name")?.value;
  return (
    <form action={signIn}>
      <p>Signed in as {name ?? "nobody"}</p>
      <input name="name" />
      <button>Sign in</button>
    </form>
  );
}
`;

/** `request.url` begins with the app's own origin, and so does the `Location`. */
const ROUTE = `export function GET(request: Request) {
  return Response.redirect(new URL("/account?moved", request.url));
}
`;

export const next: DevServer = {
  name: "next",
  title: "Next.js",
  port: 3000,
  project: {
    create: [
      "npx create-next-app@16.4.3 made --ts --app --no-tailwind --no-eslint --no-src-dir --import-alias '@/*' --skip-install --use-npm --disable-git --yes",
      "cp -a made/. . && rm -r made",
      "npm install",
    ],
    files: { "app/account/page.tsx": PAGE, "app/moved/route.ts": ROUTE },
    version: { npm: "next" },
  },
  start: "next dev",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.see("To get started, edit the");
    },
    live: async (visit) => {
      await visit.open();
      await visit.editLive("app/page.tsx", "Looking for a starting point or more instructions?");
    },
    redirect: async (visit) => {
      await visit.open("/moved");
      await visit.page.waitForURL(`${visit.origin}/account?moved`);
    },
    post: async (visit) => {
      await visit.open("/account");
      await visit.page.fill("[name=name]", "Ada");
      await visit.page.getByRole("button", { name: "Sign in" }).click();
      await visit.see("Signed in as Ada");
    },
    login: async (visit) => {
      await visit.open("/account");
      await visit.see("Signed in as Ada");
    },
  },
};
