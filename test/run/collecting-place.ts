import { spyOn } from 'bun:test';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSystem } from '../../src/config/load.ts';
import { type CollectOptions, collectAndStore } from '../../src/run/collecting.ts';
import type { Context } from '../../src/run/context.ts';
import * as executors from '../../src/run/executors.ts';
import { fixtures } from '../support/systems.ts';
import { newPlace, type Place } from './place.ts';

/** The recording of a PBS server that has nothing but nodes. */
export const empty = join(fixtures, 'empty-without-jobs');

/** Makes a place with the systems `one` and `two` that are recorded there, with more settings and variables. */
export function placeOfTwo(more = '', environment: Record<string, string> = {}): Place {
  const yaml = `pbs_host: empty\nlogin_nodes: []\nfilesystems: []\n${more}\n`;
  const ours = 'destinations: { ours: { kind: sam, url: http://127.0.0.1:9 } }\noutbox: { max_mib: 4 }\n';
  return newPlace({ 'one.yaml': yaml, 'two.yaml': yaml, 'collector.yaml': ours }, environment);
}

/** Collects from the recording. Returns the exit code and what the log says of results, without the ids of entries. */
export async function collected(
  { context, lines }: Place,
  names: readonly string[] = ['one'],
  options: CollectOptions = {},
  rest: Partial<Context> = {},
) {
  const systems = names.map((name) => loadSystem(name, context.config));
  const source = { record: null, replay: empty };
  lines.length = 0;
  const code = await collectAndStore(systems, { ...context, ...rest }, { source, ...options });
  return [code, ...resultsIn(lines)];
}

/** Returns the lines of a log that say what was done, without the ids of entries and those of the probes. */
export function resultsIn(lines: readonly string[]): string[] {
  const ofProbes = /^INFO (Collecting| {2})|^DEBUG (?!Error)|^WARN (jobs|nodes|queues|reservations)|^ERROR (?!✗)/;
  const id = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
  return lines
    .filter((line) => !ofProbes.test(line))
    .map((line) => line.replace(id, 'ID').replace(/after \d\.\d s/, 'after N s'));
}

/** A copy of the recording without the output of some commands. */
export function recordingWithout({ path }: Place, ...programs: readonly string[]): string {
  const copy = join(path, 'recording');
  cpSync(empty, copy, { recursive: true });
  const [head = '', ...commands] = readFileSync(join(copy, 'recording.yaml'), 'utf8').split(/^(?= {2}- host)/m);
  const left = commands.filter((command) => !programs.some((program) => command.includes(program)));
  writeFileSync(join(copy, 'recording.yaml'), left.length === 0 ? 'commands: []\n' : [head, ...left].join(''));
  return copy;
}

const { executorFor } = executors;

/** Replaces the executors of systems; `make` gets the original. */
export function withExecutors(
  make: (original: typeof executorFor, ...of: Parameters<typeof executorFor>) => ReturnType<typeof executorFor>,
) {
  return spyOn(executors, 'executorFor').mockImplementation((...of) => make(executorFor, ...of));
}
