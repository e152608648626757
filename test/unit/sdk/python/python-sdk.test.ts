import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const SDK = "sdk/python";
const MINUTE_MS = 60_000;

test("the Python SDK passes sdk/cases.json and its tests of calls", { timeout: MINUTE_MS }, async () => {
  const env = { ...process.env, PYTHONPATH: "src", PYTHONDONTWRITEBYTECODE: "1" };
  const args = ["-m", "unittest", "discover", "-s", "tests"];
  const { stderr } = await run("/usr/bin/python3", args, { cwd: SDK, env });
  const [, count] = /Ran (\d+) tests/.exec(stderr) ?? [];
  expect(Number(count)).toBeGreaterThanOrEqual(20);
  expect(stderr.trimEnd()).toMatch(/\nOK$/);
});

test("the Python SDK is typed, as mypy --strict finds", { timeout: MINUTE_MS }, async () => {
  const { stdout } = await run("/usr/bin/mypy", ["--cache-dir=/dev/null"], { cwd: SDK });
  expect(stdout).toMatch(/^Success: no issues found in \d+ source files/);
  expect(await readFile(`${SDK}/pyproject.toml`, "utf8")).toMatch(/^strict = true$/m);
});

test("the Python SDK imports the standard library only", async () => {
  const list = `
import ast, pathlib, sys
names = {alias.name if isinstance(node, ast.Import) else node.module
         for path in pathlib.Path("src").rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))
         if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.level == 0)
         for alias in node.names}
assert len(names) > 10
print([name for name in names if name.split(".")[0] not in sys.stdlib_module_names])`;
  const { stdout } = await run("/usr/bin/python3", ["-c", list], { cwd: SDK });
  expect(stdout).toBe("[]\n");
});
