import { parseEnv } from 'node:util';
import { OperatorError } from '../lib/errors.ts';
import type { Environment } from './paths.ts';
import { readSecretFile } from './secret-file.ts';

/**
 * The process's environment laid over the env file: what the environment sets wins. A variable that both name, or that
 * only one does, is taken from there; an empty one counts as not set.
 * Throws OperatorError for an env file that others may read: it holds passwords.
 */
export function readEnvironment(processEnvironment: Environment, envFile: string): Environment {
  const text = readSecretFile(envFile, 'passwords');
  if (text === null) return withoutEmpty(processEnvironment);
  return { ...overridden(withoutEmpty(parseEnv(text)), withoutEmpty(processEnvironment)) };
}

/** Names for the same thing: the plan's and the API guide's. A pair that the environment sets replaces both of the file's. */
const synonyms: readonly (readonly string[])[] = [
  ['STATUS_API_URL', 'SAM_API_URL'],
  ['STATUS_API_USER', 'SAM_API_USER'],
  ['STATUS_API_PASSWORD', 'STATUS_API_KEY', 'SAM_API_PASSWORD'],
];

function overridden(file: Environment, environment: Environment): Environment {
  const kept = { ...file };
  for (const names of synonyms) {
    if (names.some((name) => environment[name] !== undefined)) for (const name of names) delete kept[name];
  }
  return { ...kept, ...environment };
}

function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
}

/**
 * The value of a variable that has several names; undefined where none is set.
 * Throws OperatorError where two of them say different things.
 */
export function oneOf(
  environment: Environment,
  names: readonly string[],
  normalise = (text: string) => text,
): string | undefined {
  const set = names.filter((name) => environment[name] !== undefined);
  const values = new Set(set.map((name) => normalise(environment[name] ?? '')));
  if (values.size > 1) throw new OperatorError(`${set.join(' and ')} contradict each other: set only one of them`);
  return [...values][0];
}

/** A number of seconds from a variable; undefined where it is not set. */
export function secondsFrom(environment: Environment, name: string): number | undefined {
  const text = environment[name];
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 3600)) {
    throw new OperatorError(`${name} is '${text}': it must be a number of seconds from 1 to 3600`);
  }
  return seconds;
}
