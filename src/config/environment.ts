import { parseEnv } from 'node:util';
import { OperatorError } from '../lib/errors.ts';
import { learnVariables } from './learn-secrets.ts';
import type { Environment } from './paths.ts';
import { readSecretFile } from './secret-file.ts';

/**
 * Merges the env file with the environment of the process, which wins. An empty variable counts as not set. Throws
 * OperatorError if others can read the env file, because it holds passwords.
 */
export function readEnvironment(processEnvironment: Environment, envFile: string): Environment {
  const text = readSecretFile(envFile, 'passwords');
  const file = text === null ? {} : withoutEmpty(parseEnv(text));
  const environment = overridden(file, withoutEmpty(processEnvironment));
  learnVariables(environment);
  return environment;
}

/** Variables with the same meaning. If the environment sets one of a group, the whole group of the file is ignored. */
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
 * Returns the value of a setting with several variables; undefined if none is set. Throws OperatorError if two of them
 * differ.
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

/** Returns the first of several variables of one setting that is set; the first one if none is. */
export function setOrFirst(environment: Environment, names: readonly [string, ...string[]]): string {
  return names.find((name) => environment[name] !== undefined) ?? names[0];
}

/** Reads a number of seconds from a variable; undefined if it is not set. */
export function secondsFrom(environment: Environment, name: string): number | undefined {
  const text = environment[name];
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 3600)) {
    throw new OperatorError(`${name} is '${text}': it must be a number of seconds from 1 to 3600`);
  }
  return seconds;
}
