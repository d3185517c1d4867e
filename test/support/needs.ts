import { describe, test } from 'bun:test';

/** Something that tests need, and whether this machine has it. */
export type Need = readonly [isThere: boolean, what: string];

/**
 * `needs('sshd', 'jq')('name', …)` is a test. If one of these programs is not installed, it is skipped, and its name says
 * which programs are missing. `.ci/run` installs them all and counts a skipped test as a failure.
 */
export function needs(...programs: string[]): typeof test {
  return needsAll(...programs.map(program));
}

/** Like `needs`, for anything else that a test needs: `needsThat(isRoot, 'root')`. */
export function needsThat(isThere: boolean, what: string): typeof test {
  return needsAll([isThere, what]);
}

/** Like `needs`, for programs and other things together. */
export function needsAll(...needed: readonly Need[]): typeof test {
  const note = noteOf(needed);
  if (note === '') return test;
  const skipped = (name: string, ...rest: [never, never]) => test.skip(`${name}${note}`, ...rest);
  const each =
    (cases: never[]) =>
    (name: string, ...rest: [never, never]) =>
      test.skip.each(cases)(`${name}${note}`, ...rest);
  return Object.assign(skipped, { each }) as typeof test;
}

/** A `describe` whose tests are skipped if one of these programs is not installed. */
export function describeWith(...programs: string[]): typeof describe {
  return describeThat(...programs.map(program));
}

/** Like `describeWith`, for anything else that the tests need. */
export function describeThat(...needed: readonly Need[]): typeof describe {
  const note = noteOf(needed);
  if (note === '') return describe;
  return ((name: string, tests: () => void) => describe.skip(`${name}${note}`, tests)) as typeof describe;
}

/** Servers such as sshd are not on everybody's path. */
const searchPath = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;

/** The need of a program. */
export function program(name: string): Need {
  return [Bun.which(name, { PATH: searchPath }) !== null, name];
}

/** Returns the end of the name of a skipped test; empty if nothing is missing. */
function noteOf(needed: readonly Need[]): string {
  const missing = needed.filter(([isThere]) => !isThere).map(([, what]) => what);
  return missing.length === 0 ? '' : ` (needs ${missing.join(', ')})`;
}
