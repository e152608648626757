/** Receives the rows that Cloudflare bills. */
export interface RowMeter {
  read(rows: number): void;
  /** @param place the key, the table, `alarm`, or `schema` for `CREATE` */
  write(rows: number, place: string): void;
}
