import type { DevServer } from "../../dev-server.ts";

const CONTROLLER = `import { Body, Controller, Get, Post } from '@nestjs/common';
import { AppService } from './app.service.js';

@Controller()
export class AppController {
  constructor(private readonly appService: AppService) {}

  @Get()
  getHello(): string {
    return this.appService.getHello();
  }

  @Post('echo')
  echo(@Body() body: object): object {
    return body;
  }
}
`;

export const nest: DevServer = {
  name: "nest",
  title: "NestJS",
  port: 3000,
  project: {
    create: [
      "npx @nestjs/cli@12.0.8 new made --skip-install --skip-git --package-manager npm",
      "cp -a made/. . && rm -r made",
      "npm install",
    ],
    files: { "src/app.controller.ts": CONTROLLER },
    version: { npm: "@nestjs/core" },
  },
  start: "nest start --watch",
  remark: "live: the server restarts; load the page again",
  // A browser asks for it, and the app has none.
  ownErrors: /favicon\.ico/,
  checks: {
    page: async (visit) => {
      await visit.open();
    },
    post: async (visit) => {
      await visit.open();
      const { name } = await visit.callJson<{ name: string }>("POST", "/echo", { name: "Ada" });
      if (name !== "Ada") throw new Error(`the API responded with ${name}`);
    },
    live: async (visit) => {
      await visit.open();
      await visit.editServed("src/app.service.ts", "Hello World!");
    },
  },
};
