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
};

/** Stores the sample of a job on a node, and replaces the earlier one. */
export async function storeSampledJob(writer: Writer, job: SampledJob): Promise<void> {
  await writer.run(
    `INSERT INTO sampled_jobs (cluster, job_id, node, received_at, received_from, body)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (cluster, job_id, node) DO UPDATE SET received_at = excluded.received_at,
       received_from = excluded.received_from, body = excluded.body`,
    job.cluster,
    job.jobId,
    job.node,
    job.receivedAt,
    job.receivedFrom,
    Bun.zstdCompressSync(job.body),
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

const pageRows = 500;

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
