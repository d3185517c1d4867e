import { z } from 'zod';
import type { ProgramRunner } from '../../exec/local-program.ts';
import { addToAverage, averageOf, averageSchema } from '../averages.ts';
import type { Data, Json, SamplerFactory } from '../sampler.ts';

const gpuSchema = z.object({
  /** As nvidia-smi printed them. */
  last: z.record(z.string(), z.string()),
  averages: z.record(z.string(), averageSchema),
});
const stateSchema = z.record(z.string(), gpuSchema);

export type NvidiaSettings = {
  readonly nvidiaSmi: string;
  /** The names of `nvidia-smi --help-query-gpu`. */
  readonly metrics: readonly string[];
  readonly averaged: readonly string[];
  /** The indexes of the job's GPUs with commas, as `SLURM_JOB_GPUS` has them; null to report no GPU. */
  readonly gpus: string | null;
  readonly run: ProgramRunner;
};

/** Measures the GPUs of a job with nvidia-smi(1), which prints a line for each GPU. */
export function nvidiaSampler(intervalSeconds: number, settings: NvidiaSettings): SamplerFactory {
  const { nvidiaSmi, metrics, averaged, gpus, run } = settings;
  return (stored) => {
    let state = stateSchema.safeParse(stored).data ?? {};
    return {
      id: 'sams.sampler.NvidiaSMI',
      intervalSeconds,
      isShortAtStart: false,
      async sample({ at }) {
        if (gpus === null || gpus === '') return null;
        const query = `--query-gpu=${['index', ...metrics].join(',')}`;
        const result = await run([nvidiaSmi, query, '--format=csv,nounits,noheader', '-i', gpus]);
        if (result.kind === 'failed') return null;
        for (const [index, values] of parseGpus(result.output.toString('utf8'), metrics)) {
          const averages = { ...state[index]?.averages };
          for (const name of averaged) {
            const value = Number(values[name]);
            if (values[name] !== undefined && Number.isFinite(value))
              averages[name] = addToAverage(averages[name], at, value);
          }
          state = { ...state, [index]: { last: values, averages } };
        }
        return dataOf(state);
      },
      final: () => dataOf(state),
      state: () => state,
    };
  };
}

/** Parses lines such as `0, 61.02, 250.00, [N/A]` into the values of each GPU by its index. */
export function parseGpus(text: string, metrics: readonly string[]): Map<string, Record<string, string>> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [index, ...values] = line.split(',').map((word) => word.trim());
      if (index === undefined || !/^\d+$/.test(index) || values.length !== metrics.length) return [];
      return [[index, Object.fromEntries(metrics.map((name, place) => [name, values[place] ?? '']))] as const];
    }),
  );
}

/** Returns the data of each GPU; dots in the names become underscores, as in the original. */
function dataOf(state: z.infer<typeof stateSchema>): Data {
  const named = (name: string) => name.replaceAll('.', '_');
  return Object.fromEntries(
    Object.entries(state).map(([index, { last, averages }]) => {
      const values = Object.entries(last).map(([name, value]): [string, Json] => [named(name), value]);
      const means = Object.entries(averages).map(([name, average]): [string, Json] => [
        `${named(name)}_average`,
        averageOf(average),
      ]);
      const [first] = Object.values(averages);
      const elapsed: [string, Json][] = first === undefined ? [] : [['elapsed_time', first.lastAt - first.startedAt]];
      return [index, Object.fromEntries([...values, ...means, ...elapsed])];
    }),
  );
}
