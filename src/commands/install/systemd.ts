import { join } from 'node:path';
import { defineCommand } from 'citty';
import { userConfigHome } from '../../config/paths.ts';
import { runProgram } from '../../exec/local-program.ts';
import type { Installation } from '../../install/installation.ts';
import { removeOwnFile, writeOwnFile } from '../../install/own-files.ts';
import { jobsTask, runTask, systemdUnits, type Task } from '../../install/systemd.ts';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { commonArgs } from '../common.ts';
import { openContext } from '../context.ts';
import { printLines } from '../output.ts';
import { actionOf, installArgs, installationOf, systemsArg } from './installation.ts';

export const systemdCommand = defineCommand({
  meta: {
    name: 'systemd',
    description: 'Show the units for this host, or install them: yours, or for root the system’s',
  },
  args: {
    ...commonArgs,
    ...systemsArg,
    ...installArgs,
    jobs: {
      type: 'boolean',
      description: 'The daily timer of jobs export in place of the one that runs the collector',
    },
    'on-failure': { type: 'string', valueHint: 'UNIT', description: 'A unit to start when it fails' },
  },
  async run({ args }) {
    const action = actionOf(args);
    const context = openContext(args);
    const isRoot = process.getuid?.() === 0;
    const directory = isRoot ? '/etc/systemd/system' : join(userConfigHome(process.env), 'systemd/user');
    const task = args.jobs ? jobsTask : runTask;
    if (action === 'remove') return remove(task, directory, isRoot);
    if (args.jobs && args._.length > 0) throw new OperatorError('--jobs is for no system: name none');
    const installation = await installationOf(args._, args, context, args.jobs ? 'no system' : 'systems');
    const units = Object.entries(systemdUnits(task, installation, unitName(args['on-failure'])));
    if (action === 'print') {
      printLines(units.map(([name, text]) => `# ${join(directory, name)}\n${text}`));
      return exitCodes.done;
    }
    const written = units.filter(([name, text]) => writeOwnFile(join(directory, name), text));
    const tried = await systemctl(isRoot, [['daemon-reload'], ['enable', '--now', `${task.name}.timer`]]);
    printLines([
      ...(written.length === 0 ? ['The units are there already'] : []),
      ...written.map(([name]) => `Wrote ${join(directory, name)}`),
      ...tried,
      ...hintsFor(installation),
    ]);
    return exitCodes.done;
  },
});

async function remove({ name }: Task, directory: string, isRoot: boolean): Promise<0> {
  const timer = `${name}.timer`;
  const disabled = await systemctl(isRoot, [['disable', '--now', timer]]);
  const removed = [timer, `${name}.service`].filter((name) => removeOwnFile(join(directory, name)));
  const said = removed.map((name) => `Removed ${join(directory, name)}`);
  const reloaded = removed.length === 0 ? [] : await systemctl(isRoot, [['daemon-reload']]);
  printLines(removed.length === 0 ? ['No units of ours are there'] : [...disabled, ...said, ...reloaded]);
  return exitCodes.done;
}

/** Tells systemd; what it could not be told is for a person to tell it. */
async function systemctl(isRoot: boolean, commands: readonly (readonly string[])[]): Promise<string[]> {
  const said: string[] = [];
  for (const words of commands) {
    const argv = ['systemctl', ...(isRoot ? [] : ['--user']), ...words] as const;
    // Where the user's own manager listens.
    const result = await runProgram(['systemctl', ...argv.slice(1)], ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS']);
    if (result.kind === 'failed') said.push(`systemd was not told (${result.reason}): type ${argv.join(' ')}`);
  }
  return said;
}

/** A user's timers end with their last session. */
function hintsFor({ isRoot, user }: Installation): string[] {
  return isRoot ? [] : [`So that it runs while you are not logged in, type: loginctl enable-linger ${user}`];
}

function unitName(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (/^[A-Za-z0-9:_.@\\%-]+\.[a-z]+$/.test(text)) return text;
  throw new OperatorError(`--on-failure ${printable(text, 60)}: give a unit such as mail-ops@%n.service`);
}
