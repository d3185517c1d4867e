import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../support/files.ts';
import { best, type Cost, measure, median, python } from './measure.ts';
import { jobsFile, makeRecording } from './recording.ts';
import { table } from './table.ts';

const binary = join(import.meta.dir, '../../dist/hpc-collector');

/** What is aimed at, for a number of jobs: time as a part of Python's. */
type Aim = { readonly ofPythonsTime?: number; readonly cpuSeconds?: number; readonly peakMib?: number };

const sizes: readonly { readonly jobs: number; readonly runs: number; readonly aim: Aim }[] = [
  { jobs: 1_500, runs: 9, aim: { cpuSeconds: 0.15 } },
  { jobs: 20_000, runs: 5, aim: {} },
  { jobs: 100_000, runs: 3, aim: { ofPythonsTime: 0.5, peakMib: 100 } },
];

/** Collecting from a recording of 2,570 nodes, beside Python that only parses the same jobs. */
export async function benchCollect(): Promise<void> {
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: npm run build`);
  console.log(
    'collect derecho --replay … --json-only, 2,570 nodes, beside python3 -c "json.load(stdin)" on the jobs\n',
  );
  const rows: string[][] = [];
  for (const { jobs, runs, aim } of sizes) {
    const temporary = temporaryDirectory();
    process.once('exit', temporary.remove);
    try {
      const recording = join(temporary.path, 'recording');
      await makeRecording(recording, jobs);
      const { collector, reference } = await alternate(temporary.path, recording, runs);
      const megabytes = statSync(join(recording, jobsFile)).size / 1e6;
      rows.push(...rowsOf(`${jobs.toLocaleString('en')} jobs, ${megabytes.toFixed(0)} MB`, collector, reference, aim));
    } finally {
      temporary.remove();
      process.off('exit', temporary.remove);
    }
  }
  const headings = ['', 'best', 'median', 'python best', 'median', 'of python', 'aim', ''];
  console.log(table(headings, rows));
}

/** One after the other, so that what else the machine does meets both alike. */
async function alternate(directory: string, recording: string, runs: number) {
  const collector: Cost[] = [];
  const reference: Cost[] = [];
  // Nothing of the machine's own configuration, outbox or log has a part in it.
  const env = { PATH: process.env.PATH, XDG_CONFIG_HOME: directory, XDG_STATE_HOME: directory, HOME: directory };
  for (let run = 0; run < runs; run++) {
    collector.push(await measure({ argv: [binary, 'collect', 'derecho', '--replay', recording, '--json-only'], env }));
    reference.push(
      await measure({
        argv: [python(), '-c', 'import json, sys; json.load(sys.stdin)'],
        env,
        stdin: join(recording, jobsFile),
      }),
    );
    rmSync(join(directory, 'hpc-collector'), { recursive: true, force: true });
  }
  return { collector, reference };
}

function rowsOf(title: string, collector: readonly Cost[], reference: readonly Cost[], aim: Aim): string[][] {
  const row = (label: string, of: keyof Cost, digits: number, limit: number | undefined): string[] => {
    const ratio = median(collector, of) / median(reference, of);
    const numbers = [collector, reference].flatMap((costs) => [best(costs, of), median(costs, of)]);
    return [
      `  ${label}`,
      ...numbers.map((number) => number.toFixed(digits)),
      ratio.toFixed(2),
      limit === undefined ? '' : `≤ ${limit.toFixed(digits)}`,
      limit === undefined ? '' : median(collector, of) <= limit ? 'met' : 'NOT met',
    ];
  };
  const part = (of: keyof Cost) =>
    aim.ofPythonsTime === undefined ? undefined : aim.ofPythonsTime * median(reference, of);
  return [
    [title],
    row('wall, s', 'wallSeconds', 2, part('wallSeconds')),
    row('CPU, s', 'cpuSeconds', 2, aim.cpuSeconds ?? part('cpuSeconds')),
    row('peak, MiB', 'peakMib', 0, aim.peakMib),
  ];
}
