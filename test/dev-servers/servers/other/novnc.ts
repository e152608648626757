import type { DevServer } from "../../dev-server.ts";

export const novnc: DevServer = {
  name: "novnc",
  title: "noVNC",
  port: 6080,
  project: {
    debian: ["novnc", "websockify", "tigervnc-standalone-server"],
    version: { debian: "novnc" },
  },
  start:
    "Xtigervnc :77 -rfbport 5900 -localhost -SecurityTypes None -geometry 800x600 & exec websockify --web /usr/share/novnc 127.0.0.1:6080 127.0.0.1:5900",
  // A package that Debian does not bring along.
  ownErrors: /package\.json/,
  remark: "live: the screen's first picture",
  checks: {
    page: async (visit) => {
      await visit.open("/vnc.html");
      await visit.page.locator("#noVNC_connect_button").waitFor();
    },
    live: async (visit) => {
      await visit.open("/vnc.html?autoconnect=true");
      await visit.page.locator("html.noVNC_connected").waitFor();
      await visit.page.locator("#noVNC_container canvas[width='800']").waitFor();
    },
  },
};
