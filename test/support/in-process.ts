import { spyOn } from 'bun:test';
import { runCommandLine } from '../../src/commands/command-line.ts';
import type { CommandDefinition } from '../../src/commands/tree.ts';
import * as output from '../../src/lib/output.ts';
import * as secrets from '../../src/lib/secrets.ts';
import * as terminal from '../../src/lib/terminal.ts';
import * as signals from '../../src/run/signals.ts';
import type { Ran } from './run.ts';

/**
 * Runs a command of `root` in this process, with exactly the variables of `env`. Its output is no terminal (null), or one of so
 * many columns. It is faster than the executable, and parts of it can be replaced.
 */
export async function runInProcess(
  root: CommandDefinition,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  columns: number | null = null,
): Promise<Ran> {
  const printed = { stdout: '', stderr: '' };
  const own = new secrets.Secrets();
  const before = process.env;
  const spies = [
    spyOn(output, 'print').mockImplementation((text) => {
      printed.stdout += text;
    }),
    spyOn(output, 'complain').mockImplementation((text) => {
      printed.stderr += text;
    }),
    // A word of a text can be the secret of an earlier test of this process.
    spyOn(secrets, 'withoutSecrets').mockImplementation(own.hide.bind(own)),
    spyOn(secrets, 'learnSecret').mockImplementation(own.learn.bind(own)),
    spyOn(secrets, 'learnLogin').mockImplementation(own.learnLogin.bind(own)),
    spyOn(secrets, 'learnLoginOf').mockImplementation(own.learnLoginOf.bind(own)),
    spyOn(secrets, 'learnSecretAddress').mockImplementation(own.learnAddress.bind(own)),
    spyOn(terminal, 'isTerminal').mockReturnValue(false),
    spyOn(terminal, 'terminalColumns').mockReturnValue(columns),
    spyOn(signals, 'stopOnSignals').mockImplementation(() => {}),
  ];
  process.env = { ...env };
  try {
    return { exit: await runCommandLine(root, args), ...printed };
  } finally {
    process.env = before;
    for (const spy of spies) spy.mockRestore();
  }
}
