import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findFreePort } from "../../dev/find-free-port.ts";
import type { ProcessGroup } from "../shared/processes/process-group.ts";
import { untilListening } from "../shared/processes/until-listening.ts";
import type { Origins } from "./bench.ts";
import { nginxBasics } from "./proxies/nginx-basics.ts";

export const SMALL_RESPONSE = "twenty-one bytes here";
export const FILE_PATH = "/file";
export const FILE_BYTES = 10 * 1024 * 1024;

/** Starts nginx for small responses and the file, and a program of the bench for uploads, WebSockets and the file. */
export async function startOrigins(
  group: ProcessGroup,
  directory: string,
  wire: string,
  core: number,
): Promise<Origins> {
  const responses = await findFreePort();
  const streams = await findFreePort();
  const root = join(directory, "origin");
  await mkdir(root);
  await writeFile(join(root, FILE_PATH), Buffer.alloc(FILE_BYTES, "preview "));
  await writeFile(join(root, "nginx.conf"), config(root, responses));
  group.serve(["nginx", "-p", root, "-e", "stderr", "-c", join(root, "nginx.conf")], {
    name: "origin-nginx",
    core,
  });
  group.serve([wire, "origin", "-address", `127.0.0.1:${streams}`, "-file", join(root, FILE_PATH)], {
    name: "origin-wire",
    core,
  });
  await untilListening(group, "origin-nginx", [responses]);
  await untilListening(group, "origin-wire", [streams]);
  return { responses, streams };
}

function config(root: string, port: number): string {
  return `${nginxBasics()}
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  default_type text/plain;
  sendfile on;
  tcp_nopush on;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${root};
    location / { return 200 "${SMALL_RESPONSE}"; }
    location = ${FILE_PATH} { }
  }
}
`;
}
