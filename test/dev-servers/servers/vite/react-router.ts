import type { DevServer } from "../../dev-server.ts";

const ROOT = `import { Links, Meta, Outlet, Scripts, ScrollRestoration } from "react-router";

export function Layout({ children }: { children: React.ReactNode }) {
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <link rel="icon" href="data:," />
        <Meta />
        <Links />
      </head>
      <body>
        {children}
        <ScrollRestoration />
        <Scripts />
      </body>
    </html>
  );
}

export default function App() {
  return <Outlet />;
}
`;

const HOME = `import { useEffect, useState } from "react";

export default function Home() {
  const [count, setCount] = useState(0);
  const [ready, setReady] = useState(false);
  useEffect(() => setReady(true), []);
  return (
    <main>
      <h1>What is next?</h1>
      <button disabled={!ready} onClick={() => setCount(count + 1)}>Count is {count}</button>
    </main>
  );
}
`;

const ACCOUNT = `import { Form, redirect } from "react-router";

export function loader({ request }: { request: Request }) {
  return /name=(\\w+)/.exec(request.headers.get("cookie") ?? "")?.[1] ?? "nobody";
}

export async function action({ request }: { request: Request }) {
  const name = (await request.formData()).get("name");
  return redirect("/account", { headers: { "set-cookie": \`name=\${name}; HttpOnly; Path=/\` } });
}

export default function Account({ loaderData }: { loaderData: string }) {
  return (
    <Form method="post">
      <p>Signed in as {loaderData}</p>
      <input name="name" />
      <button>Sign in</button>
    </Form>
  );
}
`;

const MOVED = `import { redirect } from "react-router";

export function loader({ request }: { request: Request }) {
  return redirect(new URL("/account?moved=1", request.url).href);
}
`;

const ROUTES = `import { index, type RouteConfig, route } from "@react-router/dev/routes";

export default [
  index("routes/home.tsx"),
  route("account", "routes/account.tsx"),
  route("moved", "routes/moved.ts"),
] satisfies RouteConfig;
`;

/** Its generator loads templates from elsewhere, so these files are written as they would be. */
export const reactRouter: DevServer = {
  name: "react-router",
  title: "React Router",
  port: 5173,
  project: {
    create: [
      "npm init -y",
      "npm pkg set type=module",
      "npm install react-router@8.4.0 @react-router/node@8.4.0 @react-router/serve@8.4.0 react@19 react-dom@19 isbot@5",
      "npm install -D @react-router/dev@8.4.0 vite@8 typescript@5 @types/react@19 @types/react-dom@19",
    ],
    files: {
      "react-router.config.ts": "export default { ssr: true };\n",
      "vite.config.ts":
        'import { reactRouter } from "@react-router/dev/vite";\nimport { defineConfig } from "vite";\n\nexport default defineConfig({ plugins: [reactRouter()] });\n',
      "app/root.tsx": ROOT,
      "app/routes.ts": ROUTES,
      "app/routes/home.tsx": HOME,
      "app/routes/account.tsx": ACCOUNT,
      "app/routes/moved.ts": MOVED,
    },
    version: { npm: "@react-router/dev" },
  },
  start: "react-router dev",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.page.getByRole("button", { name: "Count is 0" }).click();
      await visit.see("Count is 1");
    },
    post: async (visit) => {
      await visit.open("/account");
      await visit.page.fill("[name=name]", "Ada");
      await visit.page.getByRole("button", { name: "Sign in" }).click();
      await visit.see("Signed in as Ada");
    },
    live: async (visit) => {
      await visit.open();
      await visit.page.getByRole("button", { name: "Count is 0" }).click();
      await visit.editLive("app/routes/home.tsx", "What is next?");
      await visit.see("Count is 1");
    },
    redirect: async (visit) => {
      await visit.open("/moved");
      await visit.page.waitForURL(`${visit.origin}/account?moved=1`);
    },
    login: async (visit) => {
      await visit.open("/account");
      await visit.see("Signed in as Ada");
    },
  },
};
