import type { Data } from '../sampler.ts';

/** The data of a job by the id of its sampler. */
export type Measured = Readonly<Record<string, Data>>;

/** A place that the data of a job go to. */
export type Output = {
  readonly id: string;
  /** Called after each sample, with the current data. Does not throw. */
  sampled?(data: Measured): void;
  /** Writes the data of the whole job. Throws an Error with the reason if it cannot. */
  write(data: Measured): Promise<void>;
  /** Attempts after the first one. */
  readonly retries: number;
  /** The pause between attempts, in seconds. */
  readonly pauseSeconds: number;
};

/** Returns the JSON of the original: one object with sorted keys and without blanks. */
export function outputJson(data: Measured, exclude: readonly string[]): string {
  return JSON.stringify(sorted(Object.fromEntries(Object.entries(data).filter(([id]) => !exclude.includes(id)))));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(Reflect.get(value, name))]));
}
