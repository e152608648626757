import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";
import type { Config } from "../config.ts";
import type { Finding } from "./finding.ts";
import { fault, ok, warning, wordsOf } from "./finding.ts";

const TIMEOUT_MS = 5_000;
const CHECK = "access";

/** Becomes the user, and prints those of the paths that it cannot read. */
const FIND_UNREADABLE = `
  const { accessSync, constants } = require("node:fs");
  const [uid, gid, ...paths] = JSON.parse(process.argv[1]);
  try { process.initgroups(uid, gid); } catch { process.setgroups([gid]); }
  process.setgid(gid);
  process.setuid(uid);
  const isReadable = (path) => { try { accessSync(path, constants.R_OK); return true; } catch { return false; } };
  console.log(JSON.stringify(paths.filter((path) => !isReadable(path))));`;

/**
 * Whether the connector's user, who is the owner of the state directory, can read what root can: a file that an operator has
 * put there as root, for example. Only root can find out; no findings for others.
 */
export async function checkAccess(config: Config, configFile: string): Promise<Finding[]> {
  if (process.geteuid?.() !== 0) return [];
  const { keyFile, stateDirectory, tls } = config;
  const files = [configFile, keyFile, tls?.certificateFile, tls?.keyFile, tls?.clientCaFile];
  try {
    const { uid, gid } = await stat(stateDirectory);
    const paths = [stateDirectory, ...files.filter((path) => path !== undefined)];
    const unreadable = await findUnreadable(uid, gid, paths);
    if (unreadable.length === 0) return [ok(CHECK, `user ${uid} can read all files`)];
    return unreadable.map((path) =>
      fault(
        CHECK,
        `${path} cannot be read by the connector's user (${uid})`,
        `chgrp ${gid} ${path}; chmod 640 ${path}; and let that user enter its directories`,
      ),
    );
  } catch (error) {
    return [warning(CHECK, wordsOf(error), `make ${stateDirectory} a directory of the connector's user`)];
  }
}

async function findUnreadable(uid: number, gid: number, paths: readonly string[]): Promise<string[]> {
  const args = ["-e", FIND_UNREADABLE, JSON.stringify([uid, gid, ...paths])];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: TIMEOUT_MS, cwd: "/" });
  return JSON.parse(stdout);
}
