import type { DevServer } from "../../dev-server.ts";

const CONFIG = `const HtmlWebpackPlugin = require("html-webpack-plugin");

module.exports = {
  mode: "development",
  entry: "./src/index.js",
  plugins: [new HtmlWebpackPlugin({ title: "webpack" })],
  devServer: { port: 8080, client: { webSocketURL: "auto://0.0.0.0:0/ws" } },
};
`;

const INDEX = `import { text } from "./text.js";

const heading = document.createElement("h1");
heading.textContent = text;
document.body.append(heading);
if (import.meta.webpackHot) {
  import.meta.webpackHot.accept("./text.js", () => {
    heading.textContent = text;
  });
}
`;

export const webpack: DevServer = {
  name: "webpack",
  title: "webpack-dev-server",
  port: 8080,
  project: {
    create: [
      "npm init -y",
      "npm pkg set type=module --no-json",
      "npm install webpack@5.113.0 webpack-cli@7.3.1 webpack-dev-server@6.1.0 html-webpack-plugin@5.6.8",
    ],
    files: {
      "webpack.config.cjs": CONFIG,
      "src/index.js": INDEX,
      "src/text.js": 'export const text = "Hello webpack";\n',
    },
    version: { npm: "webpack-dev-server" },
  },
  start: "webpack serve",
  setting: '`devServer.client.webSocketURL: "auto://0.0.0.0:0/ws"`',
  // A browser asks for it, and the app has none.
  ownErrors: /favicon\.ico/,
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.page.locator("h1").waitFor();
    },
    live: async (visit) => {
      await visit.open();
      await visit.editLive("src/text.js", "Hello webpack");
    },
  },
};
