import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { BootOptions } from "../machine/boot-machine.ts";
import { buildImage } from "./build-image.ts";
import { findPackageFolders } from "./find-package-folders.ts";

const NODE_MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));
const PROJECT = fileURLToPath(new URL("vite-project", import.meta.url));
const HOOK = new URL("../../agent/templates/vite-react/autostart.sh", import.meta.url);
const APP = "/workspace/app";

/** The port on which the template's hook serves. */
export const VITE_PORT = 5173;

/** Image and files of a machine that serves a real Vite project once it runs, by the hook of the `vite-react` template. */
export async function viteTemplate(): Promise<Pick<BootOptions, "image" | "files">> {
  const packages = await findPackageFolders("vite", NODE_MODULES);
  const modules = packages.map((name) => ({
    from: `${NODE_MODULES}/${name}`,
    to: `${APP}/node_modules/${name}`,
  }));
  const image = await buildImage([{ from: PROJECT, to: APP }, ...modules]);
  return {
    image,
    files: [
      // npm would create a symbolic link here; this script needs only its package.
      {
        path: `${APP}/node_modules/.bin/vite`,
        content: `#!/bin/sh\nexec node ${APP}/node_modules/vite/bin/vite.js "$@"\n`,
        mode: 0o755,
      },
      { path: "/etc/pandastack/autostart.sh", content: await readFile(HOOK), mode: 0o755 },
    ],
  };
}
