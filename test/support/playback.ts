import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { quoteArgument } from '../../src/exec/quote.ts';

const recording = z.object({
  commands: z.array(
    z.object({ argv: z.tuple([z.string()], z.string()), exit: z.int(), stdout: z.string().optional() }),
  ),
});

/**
 * Shell scripts, by name, that answer a recording's commands as the real programs did; what was not recorded fails.
 * Login nodes are asked with `sh`, which is not played back: see `loginNodePrograms`.
 */
export function playback(folder: string): Record<string, string> {
  const cases = new Map<string, string[]>();
  for (const { argv, exit, stdout } of recording.parse(parse(readFileSync(join(folder, 'recording.yaml'), 'utf8')))
    .commands) {
    const [program = '', ...rest] = withoutEnv(argv);
    if (program === 'sh') continue;
    const output = stdout === undefined ? ':' : `/bin/cat ${quoteArgument(join(folder, stdout))}`;
    cases.set(program, [...(cases.get(program) ?? []), `  '${rest.join(' ')}') ${output}; exit ${exit};;`]);
  }
  // `doctor` asks for the server, which a recording of a collection does not have.
  cases.get('qstat')?.push(`  '-B -f') echo 'Server: pbs'; exit 0;;`);
  return Object.fromEntries(
    [...cases].map(([program, lines]) => [
      program,
      `#!/bin/sh\ncase "$*" in\n${lines.join('\n')}\nesac\necho "not recorded: $0 $*" >&2\nexit 99\n`,
    ]),
  );
}

/** What env(1) runs: it is the real one. */
function withoutEnv(argv: readonly string[]): readonly string[] {
  return argv[0] === 'env' ? argv.slice(argv.findIndex((word, index) => index > 0 && !word.includes('='))) : argv;
}

/** A login node of 7 CPUs with two users; its load is this machine's. */
export const loginNodePrograms: Readonly<Record<string, string>> = {
  nproc: '#!/bin/sh\necho 7\n',
  // Hosts with a utmp file are asked by who, others by loginctl.
  loginctl: '#!/bin/sh\necho " c1 1001 jsmith - pts/0"\necho " c2 1002 mcurie - pts/1"\n',
  who: '#!/bin/sh\necho "jsmith pts/0 Nov 21 02:12"\necho "mcurie pts/1 Nov 21 02:13"\n',
};

/**
 * Puts programs into a directory, and makes the directory. A program that is already there is replaced, not overwritten:
 * if another process is just starting it, writing to it fails with ETXTBSY, and so does starting it.
 */
export function install(directory: string, programs: Readonly<Record<string, string>>): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(programs)) {
    const fresh = join(directory, `.${name}.new`);
    writeFileSync(fresh, text);
    chmodSync(fresh, 0o755);
    renameSync(fresh, join(directory, name));
  }
}
