#!/usr/bin/env node
// Stands for Wrangler and the account behind it: keeps the Worker's secrets and configuration in the file FAKE_ACCOUNT,
// and a record of its calls. It writes no bundle but a tiny one, and refuses commands that it does not know.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const args = process.argv.slice(2);
const path = process.env.FAKE_ACCOUNT;
const account = JSON.parse(readFileSync(path, "utf8"));
account.calls.push(args);

const option = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));
let status = 0;

if (args[0] === "whoami") {
  if (account.loggedIn) console.log(JSON.stringify({ loggedIn: true, accounts: account.accounts }));
  else [status] = [1, console.log(JSON.stringify({ loggedIn: false }))];
} else if (args[0] === "deploy" && args.includes("--dry-run")) {
  writeFileSync(join(option("--outdir"), "main.js"), "export default {};\n");
} else if (args[0] === "deploy") {
  account.secrets = {
    ...account.secrets,
    ...(option("--secrets-file") && readJson(option("--secrets-file"))),
  };
  account.worker = readJson(option("--config"));
} else if (args[0] === "secret" && args[1] === "list") {
  if (account.worker === undefined) {
    status = 1;
    console.error("This Worker does not exist on your account. [code: 10007]");
  } else
    console.log(JSON.stringify(Object.keys(account.secrets).map((name) => ({ name, type: "secret_text" }))));
} else if (args[0] === "secret" && args[1] === "bulk") {
  account.secrets = { ...account.secrets, ...JSON.parse(readFileSync(0, "utf8")) };
  for (const [name, value] of Object.entries(account.secrets))
    if (value === null) delete account.secrets[name];
} else {
  status = 1;
  console.error(`unknown command: ${args.join(" ")}`);
}
writeFileSync(`${path}.new`, JSON.stringify(account));
renameSync(`${path}.new`, path);
process.exitCode = status;
