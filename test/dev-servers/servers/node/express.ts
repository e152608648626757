import type { DevServer } from "../../dev-server.ts";
import { ACCOUNT_CHECKS } from "../account-checks.ts";

const SERVER = `import express from "express";
import session from "express-session";
import { csrfSync } from "csrf-sync";

const app = express();
const { csrfSynchronisedProtection, generateToken } = csrfSync({
  getTokenFromRequest: (request) => request.body?._csrf,
});
app.use(express.urlencoded({ extended: false }));
app.use(session({ secret: "keyboard cat", resave: false, saveUninitialized: true }));
app.use(csrfSynchronisedProtection);

const page = (body) => \`<!doctype html><link rel="icon" href="data:,">\${body}\`;
app.get("/", (request, response) => response.send(page("<h1>Hello Express</h1>")));
app.get("/account", (request, response) =>
  response.send(
    page(\`<p>Signed in as \${request.session.name ?? "nobody"}</p><form method="post">
      <input type="hidden" name="_csrf" value="\${generateToken(request)}"><input name="name"><button>Sign in</button></form>\`),
  ),
);
app.post("/account", (request, response) => {
  request.session.name = request.body.name === "Ada" ? "Ada" : "somebody";
  response.redirect("/account");
});
app.get("/moved", (request, response) =>
  response.redirect(\`\${request.protocol}://\${request.get("host")}/account?moved\`),
);
app.listen(3000);
`;

export const express: DevServer = {
  name: "express",
  title: "Express with sessions and CSRF tokens",
  port: 3000,
  project: {
    create: [
      "npm init -y",
      "npm pkg set type=module --no-json",
      "npm install express@5 express-session@1 csrf-sync@4",
    ],
    files: { "server.js": SERVER },
    version: { npm: "express" },
  },
  start: "node server.js",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.see("Hello Express");
    },
    ...ACCOUNT_CHECKS,
  },
};
