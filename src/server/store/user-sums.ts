import type { Reader, Value, Writer } from './port.ts';

/** The counters of a user, project and queue in one snapshot, in the order of `columns` below. */
export type UserRow = {
  readonly username: string;
  readonly project_code: string;
  readonly queue_name: string;
  readonly counters: readonly number[];
};

/** The sum of a counter over the snapshots of a period of a user or project. `at` is milliseconds since 1970. */
export type UserSum = { readonly name: string; readonly at: number; readonly sum: number };

/** Adds the counters of a snapshot to the sums of the period of `length` milliseconds that begins at `at`. */
export async function addUserSums(
  writer: Writer,
  system: string,
  length: number,
  at: number,
  counterNames: readonly string[],
  rows: readonly UserRow[],
): Promise<void> {
  const key = ['system', 'length', 'at', 'username', 'project_code', 'queue_name'];
  await writer.insertMany(
    { table: 'user_sums', columns: [...key, ...counterNames], key, added: counterNames },
    rows.map(({ username, project_code, queue_name, counters }): Value[] => [
      ...[system, length, at, username, project_code, queue_name],
      ...counters,
    ]),
  );
}

/** Which sums are read. */
export type UserSumFilter = {
  readonly system: string;
  readonly length: number;
  readonly from: number;
  readonly to: number;
  /** Null for all queues. */
  readonly queue: string | null;
};

/** Returns the sums of a counter by user or by project. Both names are columns, never text of a client. */
export function userSums(
  reader: Reader,
  by: 'username' | 'project_code',
  counter: string,
  { system, length, from, to, queue }: UserSumFilter,
): Promise<UserSum[]> {
  return reader.all<UserSum>(
    `SELECT ${by} AS name, at, CAST(sum(${counter}) AS DOUBLE PRECISION) AS sum FROM user_sums
     WHERE system = $1 AND length = $2 AND at >= $3 AND at < $4 AND queue_name = coalesce($5, queue_name)
     GROUP BY ${by}, at HAVING sum(${counter}) > 0`,
    system,
    length,
    from,
    to,
    queue,
  );
}

/** Returns the users or projects that have sums. */
export async function namesWithSums(
  reader: Reader,
  by: 'username' | 'project_code',
  { system, length, from, to }: Omit<UserSumFilter, 'queue'>,
): Promise<string[]> {
  const rows = await reader.all<{ name: string }>(
    `SELECT DISTINCT ${by} AS name FROM user_sums WHERE system = $1 AND length = $2 AND at >= $3 AND at < $4`,
    system,
    length,
    from,
    to,
  );
  return rows.map(({ name }) => name);
}

/** Returns the sums of some counters of one user or project. The counters are columns, never text of a client. */
export function sumsOfName<Counter extends string>(
  reader: Reader,
  by: 'username' | 'project_code',
  name: string,
  counters: readonly Counter[],
  { system, length, from, to }: Omit<UserSumFilter, 'queue'>,
): Promise<({ readonly at: number } & Readonly<Record<Counter, number>>)[]> {
  const sums = counters.map((counter) => `CAST(sum(${counter}) AS DOUBLE PRECISION) AS ${counter}`);
  return reader.all(
    `SELECT at, ${sums.join(', ')} FROM user_sums
     WHERE system = $1 AND length = $2 AND at >= $3 AND at < $4 AND ${by} = $5 GROUP BY at`,
    system,
    length,
    from,
    to,
    name,
  );
}
