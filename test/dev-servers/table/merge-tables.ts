/** Between two cells; a bar in a cell is escaped. */
const BAR = /(?<!\\)\|/;

/** The cells of each row of a Markdown table, without its head and rule. */
export function parseRows(table: string): string[][] {
  const lines = table.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) => {
    const cells = line.split(BAR).slice(1, -1);
    return cells.map((cell) => cell.trim());
  });
}

/**
 * The rows of a table after a run of some servers: new rows replace those of the same name.
 *
 * @param names of all rows, in their order; a row with another name is dropped
 */
export function mergeRows(
  former: readonly string[][],
  latest: readonly string[][],
  names: readonly string[],
): string[][] {
  const rows = new Map([...former, ...latest].map((row) => [row[0], row]));
  return names.flatMap((name) => {
    const row = rows.get(name);
    return row === undefined ? [] : [row];
  });
}
