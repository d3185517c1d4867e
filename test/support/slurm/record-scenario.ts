/**
 * Makes the recording `fixtures/slurm-scenario` anew, after `npm run build`, where that folder is not there:
 * `bun test/support/slurm/record-scenario.ts`. A real Slurm gets the scenario of the tests; it is asked by the executable,
 * by the command of `jobs export`, and by all that the tests measure both by.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sacctCommand } from '../../../src/slurm/sacct.ts';
import { newSite } from '../site.ts';
import { askHistory, askJobs, askNodes, askPartitions, askReservations } from './ask.ts';
import { startSlurm } from './cluster.ts';
import { runScenario } from './scenario.ts';
import { type RecordedScenario, recordedScenario } from './sources.ts';
import { endedAndLiving, statusSystem } from './status-system.ts';

const cluster = await startSlurm();
const site = newSite();
try {
  const scenario = await runScenario(cluster);
  site.configure('farm.yaml', statusSystem);
  const env = { ...site.env, ...cluster.env };
  const { exit, stderr } = await site.start(['collect', 'farm', '--json-only', '--record', recordedScenario], { env })
    .ended;
  if (exit !== 0) throw new Error(stderr);

  const asked: { argv: readonly string[]; file: string }[] = [];
  const keep = (argv: readonly string[], file: string): string => {
    const text = cluster.run(argv);
    writeFileSync(join(recordedScenario, file), text);
    return text;
  };
  const asking = {
    run(argv: readonly string[]): string {
      const file = `asked-${asked.length + 1}-${argv[0]}.txt`;
      asked.push({ argv, file });
      return keep(argv, file);
    },
  };
  for (const ask of [askNodes, askJobs, askPartitions, askReservations]) ask(asking);
  askHistory(asking, endedAndLiving(scenario));
  const day = 86_400_000;
  const now = Date.now();
  keep(sacctCommand({ from: new Date(now - day), to: new Date(now) }), 'sacct.txt');
  const recorded: RecordedScenario = { scenario, tellsOutOfMemory: cluster.tellsOutOfMemory, asked };
  writeFileSync(join(recordedScenario, 'scenario.json'), `${JSON.stringify(recorded, null, 2)}\n`);

  const yaml = join(recordedScenario, 'recording.yaml');
  const provenance = `provenance: >-
  Slurm 22.05.8 (Debian 12) with slurmdbd, after the scenario of the test suite, November 2026: made by
  test/support/slurm/record-scenario.ts. asked-*.txt is what other commands printed of the same (scenario.json names them),
  sacct.txt what that of jobs export did.
`;
  writeFileSync(yaml, provenance + readFileSync(yaml, 'utf8').replace(/^provenance: .*\n(?: .*\n)*/, ''));
} finally {
  await site.remove();
  await cluster.stop();
}
