import { readConfig } from "../config.ts";
import { checkAccess } from "./check-access.ts";
import { checkCertificate } from "./check-certificate.ts";
import { checkConnector } from "./check-connector.ts";
import { checkEdge } from "./check-edge.ts";
import { checkFiles } from "./check-files.ts";
import type { Finding } from "./finding.ts";
import { fault, ok, wordsOf } from "./finding.ts";

const MIN_NODE = 24;

/** Looks for what is wrong on this host, and changes nothing. */
export async function examineHost(configFile: string): Promise<Finding[]> {
  const node = checkNode(process.versions.node);
  try {
    const config = await readConfig(configFile);
    const [files, access, certificate, edge, connector] = await Promise.all([
      checkFiles(config),
      checkAccess(config, configFile),
      checkCertificate(config, Date.now()),
      checkEdge(config),
      checkConnector(config),
    ]);
    return [node, ok("configuration", configFile), ...files, ...access, certificate, ...edge, ...connector];
  } catch (error) {
    const advice = "preview-connector enroll writes it; run this as the connector's user";
    return [node, fault("configuration", wordsOf(error), advice)];
  }
}

export function checkNode(version: string): Finding {
  if (Number.parseInt(version, 10) >= MIN_NODE) return ok("node", version);
  return fault(
    "node",
    `this is ${version}`,
    `run the connector with Node ${MIN_NODE} or newer; its package has one`,
  );
}
