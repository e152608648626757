/**
 * A table that is made when its first row is written: a `CREATE TABLE` costs as much as two rows, and most sandboxes
 * never need one.
 */
export class LateTable {
  readonly #sql: SqlStorage;
  readonly #name: string;
  readonly #columns: string;
  /** `undefined` before the first query: nobody else makes the table. */
  #exists: boolean | undefined;

  /** @param columns all that follows the name in `CREATE TABLE` */
  constructor(sql: SqlStorage, name: string, columns: string) {
    this.#sql = sql;
    this.#name = name;
    this.#columns = columns;
  }

  /** Whether a query of the table succeeds. */
  exists(): boolean {
    if (this.#exists === undefined) {
      const query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?";
      this.#exists = [...this.#sql.exec(query, this.#name)].length > 0;
    }
    return this.#exists;
  }

  /** Makes it, unless it is there. */
  create(): void {
    if (!this.exists()) this.#sql.exec(`CREATE TABLE ${this.#name} ${this.#columns}`);
    this.#exists = true;
  }

  /** The storage is empty by then. */
  forget(): void {
    this.#exists = false;
  }
}
