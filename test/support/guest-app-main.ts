import type { GuestApp } from "./guest-app.ts";
import { startGuestApp } from "./guest-app.ts";

const tag = process.env.TAG ?? "guest";
const extra = new Map<number, GuestApp>();

/** The guest app as a process in a guest; it opens and closes further listeners when asked over HTTP. */
startGuestApp("::", 3000, tag, {
  async listen(host, port) {
    extra.set(port, await startGuestApp(host, port, tag));
    return "listening";
  },
  async close(port) {
    await extra.get(port)?.close();
    return "closed";
  },
}).then(() => console.log("listens"));
