import type { Reader, Writer } from './port.ts';

/** Whether the stored times of a cluster are UTC, or local times of its time zone. */
export type StoredTimes = 'utc' | 'local';

/** A cluster that has jobs, and how its usage is counted. */
export type Cluster = {
  readonly name: string;
  /** The IANA zone at whose midnight the days of the cluster begin. */
  readonly timeZone: string;
  readonly storedTimes: StoredTimes;
  /** The separator of the levels of an account's name, such as `-` in `physics-cfd`; empty for no levels. */
  readonly accountSeparator: string;
  /** The number of changes of its segments. */
  readonly version: number;
  /** False while the segments of its jobs are being made. */
  readonly isSegmented: boolean;
};

type Row = {
  readonly name: string;
  readonly time_zone: string;
  readonly stored_times: StoredTimes;
  readonly account_separator: string;
  readonly usage_version: number;
  readonly is_segmented: number;
};

const columns = 'name, time_zone, stored_times, account_separator, usage_version, is_segmented';

function clusterOf(row: Row): Cluster {
  return {
    name: row.name,
    timeZone: row.time_zone,
    storedTimes: row.stored_times,
    accountSeparator: row.account_separator,
    version: row.usage_version,
    isSegmented: row.is_segmented === 1,
  };
}

/** Returns the clusters that have jobs, by name. */
export async function allClusters(reader: Reader): Promise<Cluster[]> {
  return (await reader.all<Row>(`SELECT ${columns} FROM clusters ORDER BY name`)).map(clusterOf);
}

/** Returns a cluster, null if it never had a job. */
export async function clusterNamed(reader: Reader, name: string): Promise<Cluster | null> {
  const row = await reader.get<Row>(`SELECT ${columns} FROM clusters WHERE name = $1`, name);
  return row && clusterOf(row);
}

/** Adds a cluster if it is new, notes the time of its last jobs, and returns it. */
export async function noteReceived(writer: Writer, name: string, receivedAt: string): Promise<Cluster> {
  const row = await writer.get<Row>(
    `INSERT INTO clusters (name, last_received_at, is_segmented) VALUES ($1, $2, 1)
     ON CONFLICT (name) DO UPDATE SET last_received_at = excluded.last_received_at RETURNING ${columns}`,
    name,
    receivedAt,
  );
  if (row === null) throw new Error('the insert returned no cluster');
  return clusterOf(row);
}

/** Counts a change of the segments of a cluster and returns its number. */
export async function nextVersion(writer: Writer, name: string): Promise<number> {
  const row = await writer.get<{ usage_version: number }>(
    'UPDATE clusters SET usage_version = usage_version + 1 WHERE name = $1 RETURNING usage_version',
    name,
  );
  if (row === null) throw new Error(`there is no cluster ${name}`);
  return row.usage_version;
}

/** Notes whether a cluster has the segments of all its jobs. */
export async function markSegmented(writer: Writer, name: string, isSegmented: boolean): Promise<void> {
  await writer.run('UPDATE clusters SET is_segmented = $2 WHERE name = $1', name, isSegmented ? 1 : 0);
}

/** Changes how the usage of a cluster is counted. Returns false if there is no such cluster. */
export async function changeCluster(
  writer: Writer,
  { name, timeZone, storedTimes, accountSeparator }: Omit<Cluster, 'version' | 'isSegmented'>,
): Promise<boolean> {
  const changed = await writer.run(
    'UPDATE clusters SET time_zone = $2, stored_times = $3, account_separator = $4 WHERE name = $1',
    name,
    timeZone,
    storedTimes,
    accountSeparator,
  );
  return changed > 0;
}
