import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { temporaryDirectory } from '../support/files.ts';
import { binary, fixtures, newSite } from '../support/site.ts';
import { best, type Cost, measure, median, python } from './measure.ts';
import { jobsFile, makeRecording } from './recording.ts';
import { table } from './table.ts';

/** `cpuOfPython` is the CPU time relative to Python's. */
type Aim = Partial<Readonly<Record<keyof Cost, number>>> & { readonly cpuOfPython?: number };

/** Aims hold on a machine with nothing else to do; on a busy one, compare with Python. */
const sizes: readonly { readonly jobs: number; readonly runs: number; readonly aim: Aim }[] = [
  { jobs: 1_500, runs: 9, aim: { cpuSeconds: 0.15, cpuOfPython: 2.1, peakMib: 100 } },
  { jobs: 20_000, runs: 5, aim: { peakMib: 100 } },
  { jobs: 100_000, runs: 3, aim: { wallSeconds: 1.3, peakMib: 100 } },
];

/** The groups of rows in the table: what is measured, its label and its digits. */
const measures: readonly (readonly [of: keyof Cost, label: string, digits: number])[] = [
  ['wallSeconds', 'wall, s', 2],
  ['cpuSeconds', 'CPU, s', 2],
  ['peakMib', 'peak, MiB', 0],
];

/**
 * Measures collections of 2,570 nodes: by replay, and through programs found by `search_path` as on a login host. Python
 * that only parses the same jobs is measured beside them.
 */
export async function benchCollect(): Promise<void> {
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: npm run build`);
  console.log('collect derecho --json-only, 2,570 nodes, beside python3 -c "json.load(stdin)" on the jobs\n');
  const rows: string[][] = [];
  for (const { jobs, runs, aim } of sizes) {
    const temporary = temporaryDirectory();
    process.once('exit', temporary.remove);
    try {
      const recording = join(temporary.path, 'recording');
      await makeRecording(recording, jobs);
      const costs = await alternate(recording, runs);
      const megabytes = statSync(join(recording, jobsFile)).size / 1e6;
      rows.push([`${jobs.toLocaleString('en')} jobs, ${megabytes.toFixed(0)} MB`], ...rowsOf(costs, aim));
    } finally {
      temporary.remove();
      process.off('exit', temporary.remove);
    }
  }
  console.log(table(['', 'best', 'median', 'of python', 'aim', ''], rows));
}

type Costs = { readonly replay: Cost[]; readonly programs: Cost[]; readonly python: Cost[] };

/** Measures one after the other, so that the machine's other work affects all alike. */
async function alternate(recording: string, runs: number): Promise<Costs> {
  const [replaying, local] = [newSite(), newSite()];
  local.localSystem('derecho', { recording: relative(fixtures, recording) });
  const collect = [binary, 'collect', 'derecho', '--json-only'];
  const costs: Costs = { replay: [], programs: [], python: [] };
  try {
    for (let run = 0; run < runs; run++) {
      costs.replay.push(await measure({ argv: [...collect, '--replay', recording], env: replaying.env }));
      costs.programs.push(await measure({ argv: collect, env: local.env }));
      const stdin = join(recording, jobsFile);
      costs.python.push(await measure({ argv: [python(), '-c', 'import json, sys; json.load(sys.stdin)'], stdin }));
      for (const { outbox } of [replaying, local]) rmSync(dirname(outbox), { recursive: true, force: true });
    }
  } finally {
    await Promise.all([replaying.remove(), local.remove()]);
  }
  return costs;
}

function rowsOf({ replay, programs, python: reference }: Costs, aim: Aim): string[][] {
  const row = (
    title: string,
    costs: readonly Cost[],
    [of, , digits]: (typeof measures)[number],
    limit?: number,
    ofPython?: number,
  ) => {
    const figure = median(costs, of);
    const ratio = figure / median(reference, of);
    const isMet = figure <= (limit ?? 0) || ratio <= (ofPython ?? 0);
    return [
      `    ${title}`,
      ...[best(costs, of), figure].map((number) => number.toFixed(digits)),
      costs === reference ? '' : ratio.toFixed(2),
      ...(limit === undefined
        ? []
        : [`≤ ${limit}${ofPython ? ` or ${ofPython} of python` : ''}`, isMet ? 'met' : 'NOT met']),
    ];
  };
  return measures.flatMap((one) => {
    const isCpu = one[0] === 'cpuSeconds';
    return [
      [`  ${one[1]}`],
      row('by replay', replay, one, aim[one[0]], isCpu ? aim.cpuOfPython : undefined),
      // Includes the CPU time of the programs themselves, so it has no aim for CPU time.
      row('through programs', programs, one, isCpu ? undefined : aim[one[0]]),
      row('python', reference, one),
    ];
  });
}
