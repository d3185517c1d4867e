import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { install } from './playback.ts';
import { fixtures, newSite, type Site } from './site.ts';

/** A host where sacct is a script, with a usage-history API that takes everything. */
export type HistorySite = Site & {
  /** The folder of its programs. */
  readonly programs: string;
  /** What sacct prints, whatever it is asked for: as the real one, too much. */
  sacctPrints(text: string): void;
  /** Shell commands that sacct begins with (`$lines` is the file that it would print); none for null. */
  sacctBegins(script: string | null): void;
  /** The windows that sacct was asked for, as `from to`. */
  asked(): string[];
  /** `jobs:` of `collector.yaml`, with where sacct is. */
  configureJobs(settings: string): void;
  /** Each job that was ever stored, in order, as `hostname JobID Submit`. */
  stored(): Promise<string[]>;
  /** The bodies that were ever stored. */
  bodies(): Promise<string[]>;
};

const exported = z.object({ stream: z.string(), body: z.string() });
const body = z.object({
  hostname: z.string(),
  jobs: z.array(z.object({ JobID: z.string(), Submit: z.string(), Start: z.string().nullable().optional() })),
});

export function newHistorySite(apiUrl: string | null): HistorySite {
  const site = newSite();
  const programs = join(site.directory, 'programs');
  const [lines, begins, calls] = ['lines', 'begins', 'calls'].map((name) => join(site.directory, name));
  if (lines === undefined || begins === undefined || calls === undefined) throw new Error('they are three');
  const sacct = `#!/bin/sh
if [ "$1" = --version ]; then echo slurm-wlm 22.05.8; exit; fi
lines='${lines}'
for word in "$@"; do case $word in --starttime=*) from=\${word#*=};; --endtime=*) to=\${word#*=};; esac; done
echo "$from $to" >>'${calls}'
if [ -e '${begins}' ]; then . '${begins}'; fi
exec cat "$lines"
`;
  install(programs, { sacct });
  // The SAM API has nothing to do here.
  const history = apiUrl === null ? '' : `INGEST_API_URL=${apiUrl}\nINGEST_API_KEY=key\n`;
  site.configure('env', `STATUS_API_URL=http://127.0.0.1:9\nSTATUS_API_USER=u\nSTATUS_API_PASSWORD=p\n${history}`);
  writeFileSync(lines, '');

  const made: HistorySite = {
    ...site,
    programs,
    sacctPrints: (text) => writeFileSync(lines, text),
    sacctBegins: (script) => (script === null ? rmSync(begins, { force: true }) : writeFileSync(begins, script)),
    asked: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : []),
    configureJobs: (settings) =>
      site.configure('collector.yaml', `jobs: { search_path: ['${programs}', /usr/bin, /bin], ${settings} }\n`),
    async bodies() {
      const { stdout } = await site.run('outbox', 'export', '--state', 'all');
      return stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => exported.parse(JSON.parse(line)).body);
    },
    stored: async () =>
      (await made.bodies()).flatMap((text) => {
        const { hostname, jobs } = body.parse(JSON.parse(text));
        return jobs.map(({ JobID, Submit }) => `${hostname} ${JobID} ${Submit}`);
      }),
  };
  made.configureJobs('cluster_name: farm');
  return made;
}

/** A usage-history API, and the ids of the jobs of each request that it took or refused. */
export type HistoryApi = {
  readonly url: string;
  readonly taken: string[][];
  readonly refused: string[][];
  stop(): Promise<void>;
};

/**
 * A usage-history API that takes everything; one that requires a start answers as the original server does (its recorded
 * answer is `ingest-mixed-null` in `fixtures/ingest-api/exchanges.jsonl`).
 */
export function startHistoryApi({ requiresStart = false, port = 0 } = {}): HistoryApi {
  const taken: string[][] = [];
  const refused: string[][] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port,
    async fetch(request) {
      const sent = body.safeParse(await request.json());
      if (!sent.success) return Response.json({ detail: [] }, { status: 422 });
      const { hostname, jobs } = sent.data;
      const isRefused = requiresStart && jobs.some(({ Start }) => (Start ?? null) === null);
      (isRefused ? refused : taken).push(jobs.map(({ JobID }) => JobID));
      if (isRefused) return Response.json(original('ingest-mixed-null').answer, { status: 500 });
      const message = `Successfully ingested ${jobs.length} jobs for ${hostname}`;
      return Response.json({ success: true, message, jobs_processed: jobs.length, hostname });
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, taken, refused, stop: () => server.stop(true) };
}

const exchange = z.object({ name: z.string(), answer: z.unknown() });

/** Returns what the original server was recorded to answer. */
function original(name: string) {
  const lines = readFileSync(join(fixtures, 'ingest-api/exchanges.jsonl'), 'utf8').trim().split('\n');
  const found = lines.map((line) => exchange.parse(JSON.parse(line))).find((one) => one.name === name);
  if (!found) throw new Error(`no exchange ${name} was recorded`);
  return found;
}
