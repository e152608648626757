import { readFile } from "node:fs/promises";

/** The code blocks of a Markdown file in one language. */
export async function readCodeBlocks(path: string, language: string): Promise<string[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n```")
    .filter((block) => block.startsWith(`${language}\n`))
    .map((block) => block.slice(language.length + 1));
}
