import type { Reader, Writer } from './port.ts';

/** The sample of a job from one node. */
export type SampledJob = {
  readonly cluster: string;
  /** The number of the job, as Slurm's JobIDRaw, or the id of a PBS job without its server. */
  readonly jobId: string;
  readonly node: string;
  readonly receivedAt: string;
  /** The name of the API key. */
  readonly receivedFrom: string;
  /** The JSON as it was received. */
  readonly body: Uint8Array;
  /** Its `SampleSummary` as JSON. */
  readonly summary: string;
};

/** Stores the sample of a job on a node, and replaces the earlier one. */
export async function storeSampledJob(writer: Writer, job: SampledJob): Promise<void> {
  await writer.run(
    `INSERT INTO sampled_jobs (cluster, job_id, node, received_at, received_from, body, summary)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (cluster, job_id, node) DO UPDATE SET received_at = excluded.received_at,
       received_from = excluded.received_from, body = excluded.body, summary = excluded.summary`,
    job.cluster,
    job.jobId,
    job.node,
    job.receivedAt,
    job.receivedFrom,
    Bun.zstdCompressSync(job.body),
    job.summary,
  );
}

type Row = {
  readonly job_id: string;
  readonly node: string;
  readonly received_at: string;
  readonly body: Uint8Array<ArrayBuffer>;
};

const columns = 'job_id, node, received_at, body';

/** Returns the samples of a job by the name of the node. */
export async function sampledNodes(reader: Reader, cluster: string, jobId: string): Promise<StoredNode[]> {
  const rows = await reader.all<Row>(
    `SELECT ${columns} FROM sampled_jobs WHERE cluster = $1 AND job_id = $2 ORDER BY node`,
    cluster,
    jobId,
  );
  return rows.map(nodeOf);
}

/** The stored sample of a job on one node. */
export type StoredNode = {
  readonly jobId: string;
  readonly node: string;
  readonly receivedAt: string;
  /** The JSON as it was received. */
  readonly body: string;
};

/** True if a cluster has samples. */
export async function hasSamples(reader: Reader, cluster: string): Promise<boolean> {
  return (await reader.get('SELECT 1 AS found FROM sampled_jobs WHERE cluster = $1 LIMIT 1', cluster)) !== null;
}

const idsAtOnce = 250;

/** Returns the summaries of the samples of some jobs of a cluster, one for each node of a job. */
export async function summariesOfJobs(
  reader: Reader,
  cluster: string,
  ids: readonly string[],
): Promise<{ readonly job_id: string; readonly summary: string }[]> {
  const places = Array.from({ length: idsAtOnce }, (_, index) => `$${index + 2}`).join(', ');
  const found: { readonly job_id: string; readonly summary: string }[] = [];
  for (let from = 0; from < ids.length; from += idsAtOnce) {
    const slice = ids.slice(from, from + idsAtOnce);
    // The same statement for each slice, so that it is prepared once.
    const filled = [...slice, ...new Array<string>(idsAtOnce - slice.length).fill(slice[0] ?? '')];
    const rows = await reader.all<{ readonly job_id: string; readonly summary: string }>(
      `SELECT job_id, summary FROM sampled_jobs WHERE cluster = $1 AND job_id IN (${places}) ORDER BY job_id, node`,
      cluster,
      ...filled,
    );
    found.push(...rows);
  }
  return found;
}

const pageRows = 500;

/** Returns some samples that an older version stored without a summary. */
export async function samplesWithoutSummary(reader: Reader): Promise<(StoredNode & { readonly cluster: string })[]> {
  const rows = await reader.all<Row & { readonly cluster: string }>(
    `SELECT cluster, ${columns} FROM sampled_jobs WHERE summary = '' LIMIT ${pageRows}`,
  );
  return rows.map((row) => ({ cluster: row.cluster, ...nodeOf(row) }));
}

/** Stores the summary of a stored sample. */
export async function storeSummary(
  writer: Writer,
  { cluster, jobId, node }: Pick<SampledJob, 'cluster' | 'jobId' | 'node'>,
  summary: string,
): Promise<void> {
  await writer.run(
    'UPDATE sampled_jobs SET summary = $4 WHERE cluster = $1 AND job_id = $2 AND node = $3',
    cluster,
    jobId,
    node,
    summary,
  );
}

/** Yields everything that was measured on a cluster, by job and node. */
export async function* allSampledNodes(reader: Reader, cluster: string): AsyncGenerator<StoredNode> {
  let [job, node] = ['', ''];
  for (;;) {
    const rows = await reader.all<Row>(
      `SELECT ${columns} FROM sampled_jobs WHERE cluster = $1 AND (job_id > $2 OR (job_id = $2 AND node > $3))
       ORDER BY job_id, node LIMIT ${pageRows}`,
      cluster,
      job,
      node,
    );
    yield* rows.map(nodeOf);
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageRows) return;
    [job, node] = [last.job_id, last.node];
  }
}

function nodeOf({ job_id, node, received_at, body }: Row): StoredNode {
  return { jobId: job_id, node, receivedAt: received_at, body: new TextDecoder().decode(Bun.zstdDecompressSync(body)) };
}
