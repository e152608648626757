import type { DevServer } from "../../dev-server.ts";

export const angular: DevServer = {
  name: "angular",
  title: "Angular",
  port: 4200,
  project: {
    create: [
      // The CLI refuses Node older than 24.15.
      "npx -p node@24 -p @angular/cli@22.2.7 -c 'ng new made --skip-install --skip-git --defaults --package-manager npm'",
      "cp -a made/. . && rm -r made",
      "npm install",
      "npm install --no-save node@24",
    ],
    version: { npm: "@angular/core" },
  },
  start: "ng serve",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.see("Hello, made");
    },
    live: async (visit) => {
      await visit.open();
      await visit.editLive("src/app/app.html", "Congratulations! Your app is running. 🎉");
    },
  },
};
