import type { DevServer } from "../../dev-server.ts";

export const jsonServer: DevServer = {
  name: "json-server",
  title: "json-server",
  port: 3000,
  project: {
    create: ["npm init -y", "npm install json-server@0.17.4"],
    files: { "db.json": '{ "posts": [{ "id": 1, "title": "a first title" }] }\n' },
    version: { npm: "json-server" },
  },
  start: "json-server --watch db.json",
  remark: "live: load the page again",
  ownErrors: /__rules/,
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.see("Congrats!");
    },
    post: async (visit) => {
      await visit.open();
      const { title } = await visit.callJson<{ title: string }>("POST", "/posts", { title: "Ada" });
      if (title !== "Ada") throw new Error(`the API responded with ${title}`);
    },
    live: async (visit) => {
      await visit.open();
      await visit.editServed("db.json", "a first title", "/posts");
    },
  },
};
