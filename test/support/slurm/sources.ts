import { test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixtures } from '../site.ts';
import { type Cluster, slurmIsThere, withSlurm } from './cluster.ts';
import type { Scenario } from './scenario.ts';
import { sharedSlurm } from './shared.ts';

/** What tests ask of a cluster after the scenario, whether it is one that runs or what was recorded of one. */
export type Asked = {
  readonly cluster: Pick<Cluster, 'run' | 'tellsOutOfMemory'>;
  readonly scenario: Scenario;
  /** The variables with which the product finds the cluster; null for a recording, from which it is answered. */
  readonly env: Cluster['env'] | null;
  /** The moment that the cluster's clocks show as this. */
  momentOf(local: string): Date;
};

/** Where the same tests are run. */
export type Source = {
  readonly name: string;
  readonly isThere: boolean;
  readonly test: typeof test;
  open(): Promise<Asked>;
};

/** Where `record-scenario.ts` puts what it records. */
export const recordedScenario = join(fixtures, 'slurm-scenario');

/** What was recorded beside the product's own commands. */
export type RecordedScenario = {
  readonly scenario: Scenario;
  readonly tellsOutOfMemory: boolean;
  /** The commands of `ask.ts`, and the files of what they printed. */
  readonly asked: readonly { readonly argv: readonly string[]; readonly file: string }[];
};

const recorded: Source = {
  name: 'a recorded Slurm',
  isThere: true,
  test,
  async open() {
    const read = (file: string) => readFileSync(join(recordedScenario, file), 'utf8');
    const { scenario, tellsOutOfMemory, asked } = JSON.parse(read('scenario.json')) as RecordedScenario;
    const run = (argv: readonly string[]) => {
      const found = asked.find((one) => one.argv.join('\n') === argv.join('\n'));
      if (!found) throw new Error(`it is not recorded what ${argv.join(' ')} printed`);
      return read(found.file);
    };
    // It was recorded where the clocks show UTC.
    return { cluster: { run, tellsOutOfMemory }, scenario, env: null, momentOf: (local) => new Date(`${local}Z`) };
  },
};

const live: Source = {
  name: 'a Slurm that runs',
  isThere: slurmIsThere,
  test: withSlurm,
  async open() {
    const { cluster, scenario } = await sharedSlurm();
    return { cluster, scenario, env: cluster.env, momentOf: (local) => new Date(local) };
  },
};

/** The recording, which needs no Slurm, and the real thing. */
export const sources = [recorded, live] as const;
