/** A value that the columns of both engines hold. */
export type Value = string | number | null | Uint8Array;

/**
 * Reads from the database. Statements are plain SQL with `$1`, `$2` … as parameters. The caller names the type of the
 * rows, which the statement determines.
 */
export type Reader = {
  /** Returns all rows. */
  all<Row>(sql: string, ...values: readonly Value[]): Promise<Row[]>;
  /** Returns the first row, null if there is none. */
  get<Row>(sql: string, ...values: readonly Value[]): Promise<Row | null>;
};

/**
 * The table that rows are inserted into. A row that has the `key` of a stored row replaces it. Rows without the columns
 * of the key are new: the database makes their ids.
 */
export type Target = {
  readonly table: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
  /** Columns of numbers that are added to those of the stored row. No two inserted rows may have the same key. */
  readonly added?: readonly string[];
};

/** Reads and writes inside a transaction. */
export type Writer = Reader & {
  /** Returns the number of changed rows. */
  run(sql: string, ...values: readonly Value[]): Promise<number>;
  /** Inserts many rows in slices, so that other requests are answered meanwhile. */
  insertMany(target: Target, rows: Iterable<readonly Value[]>): Promise<void>;
};

/** The database of the receiver. Reads see every transaction that has ended. */
export type Store = Reader & {
  /**
   * Runs `work` in a transaction. Returns after its commit is on the disk. `work` must wait for nothing but the writer:
   * other transactions wait for it. If it throws, nothing of it is stored and the error is thrown.
   * @throws Unavailable if the database cannot be used
   */
  transaction<Result>(work: (writer: Writer) => Promise<Result>): Promise<Result>;
  /**
   * Runs `work` while no transaction is open, and lets none begin before it ends. `work` makes a transaction on another
   * connection of this process, such as that of another thread: two of them at once would wait for each other.
   * @throws Unavailable if the database cannot be used
   */
  elsewhere<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Returns the number of bytes that a table takes in the database with its indexes. */
  bytesOf(table: string): Promise<number>;
  /** Returns the number of bytes of the whole database. It reads no tables. */
  size(): Promise<number>;
  /** Waits for the transactions that were begun, and closes the database. */
  close(): Promise<void>;
};
