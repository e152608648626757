import { DatabaseSync } from "node:sqlite";

export interface TableShape {
  /** Those of its own and those that its `PRIMARY KEY` or `UNIQUE` has made. */
  readonly indexes: number;
  readonly autoincrement: boolean;
}

/** What follows from some `CREATE` statements. */
export interface SchemaShape {
  /** Pages of a database that has these tables and no rows. */
  readonly pages: number;
  /** Rows that the statements have written. */
  readonly rowsWritten: number;
  readonly tables: ReadonlyMap<string, TableShape>;
}

/** As `rowsWritten` of a cursor has it in workerd: 2 for a table, `sqlite_sequence` included, and 1 for an index. */
const ROWS_PER_TABLE = 2;
const ROWS_PER_INDEX = 1;

interface MasterRow {
  readonly type: "table" | "index";
  readonly name: string;
  readonly tbl_name: string;
  readonly sql: string | null;
}

/** By their text: a million objects have a handful of schemas. */
const known = new Map<string, SchemaShape>();

/** The shape of the schema that some `CREATE` statements make, in this order. */
export function schemaShape(statements: readonly string[]): SchemaShape {
  const text = statements.join(";\n");
  let shape = known.get(text);
  if (shape === undefined) {
    shape = readShape(text);
    known.set(text, shape);
  }
  return shape;
}

function readShape(text: string): SchemaShape {
  const database = new DatabaseSync(":memory:");
  database.exec(text);
  const entries = database
    .prepare("SELECT type, name, tbl_name, sql FROM sqlite_master")
    .all() as unknown as MasterRow[];
  const [size] = database.prepare("PRAGMA page_count").all() as unknown as { page_count: number }[];
  database.close();
  const tables = entries.filter(({ type }) => type === "table");
  const indexes = entries.filter(({ type }) => type === "index");
  const shapes = tables.map(({ name, sql }): [string, TableShape] => [
    name,
    {
      indexes: indexes.filter(({ tbl_name }) => tbl_name === name).length,
      autoincrement: /\bAUTOINCREMENT\b/i.test(sql ?? ""),
    },
  ]);
  return {
    pages: Math.max(1, size?.page_count ?? 0),
    rowsWritten: tables.length * ROWS_PER_TABLE + indexes.length * ROWS_PER_INDEX,
    tables: new Map(shapes),
  };
}
