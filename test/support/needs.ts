import { test } from 'bun:test';

/**
 * `needs('sshd', 'jq')('name', …)` is a test that is skipped, and says in its name why, where one of these programs is
 * not installed. `.ci/run` installs them all and takes a skipped test for a failure.
 */
export function needs(...programs: string[]): typeof test {
  const missing = programs.filter((program) => Bun.which(program, { PATH: searchPath }) === null);
  return needsThat(missing.length === 0, missing.join(', '));
}

/** The same for anything else that a test needs: `needsThat(isRoot, 'root')`. */
export function needsThat(has: boolean, what: string): typeof test {
  if (has) return test;
  return ((name: string, ...rest: [never, never]) => test.skip(`${name} (needs ${what})`, ...rest)) as typeof test;
}

/** Servers such as sshd are not on everybody's path. */
const searchPath = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;
