import { join } from 'node:path';
import { defineCommand } from 'citty';
import { userConfigHome } from '../../config/paths.ts';
import { type SystemdManager, systemctl, systemctlCommand } from '../../exec/systemctl.ts';
import { hasOwnFile, removeOwnFile, writeOwnFile } from '../../install/own-files.ts';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { openContext } from '../../run/context.ts';
import { afterDashes } from '../check-arguments.ts';
import { commonArgs } from '../common.ts';
import { printLines } from '../output.ts';
import { actionOf, installArgs, installationOf, systemsArg } from './installation.ts';
import { chosenUnits, type Units } from './units.ts';

export const systemdCommand = defineCommand({
  meta: {
    description: 'Print the systemd units for this host, or install them',
  },
  args: {
    ...commonArgs,
    ...systemsArg,
    ...installArgs,
    jobs: {
      type: 'boolean',
      description: 'Install the daily timer of jobs export instead',
    },
    receiver: {
      type: 'boolean',
      description: 'Install the service of serve instead; its flags come after --',
    },
    'job-template': {
      type: 'boolean',
      description: 'Install the unit that samples a job instead',
    },
    'on-failure': { type: 'string', valueHint: 'UNIT', description: 'Unit to start after a failure' },
  },
  async run({ args, rawArgs }) {
    const action = actionOf(args);
    const { flag, service } = chosenUnits(args);
    const manager = process.getuid?.() === 0 ? 'system' : 'user';
    const directory = manager === 'system' ? '/etc/systemd/system' : join(userConfigHome(process.env), 'systemd/user');
    if (action === 'remove') return remove(service, directory, manager);
    if (service.needsRoot && manager === 'user' && action === 'write')
      throw new OperatorError(`${flag} --write needs root: run it with sudo`);
    const serveFlags = args.receiver ? afterDashes(rawArgs) : [];
    const systems = args._.slice(0, args._.length - serveFlags.length);
    if (!service.takesSystems && systems.length > 0) {
      throw new OperatorError(`${flag} does not collect systems: give none`);
    }
    const kind = service.takesSystems ? 'systems' : 'no system';
    const installation = await installationOf(systems, args, openContext(args), kind);
    const units = Object.entries(await service.units(installation, unitName(args['on-failure']), serveFlags));
    if (action === 'print') {
      printLines(units.map(([name, text]) => `# ${join(directory, name)}\n${text}`));
      printLines(service.scripts);
      return exitCodes.done;
    }
    const written = units.filter(([name, text]) => writeOwnFile(join(directory, name), text));
    const reason = await tell(manager, startingOf(service));
    printLines([
      ...(written.length === 0 ? ['The units exist already'] : []),
      ...written.map(([name]) => `Wrote ${join(directory, name)}`),
      ...(reason === null
        ? [service.look === null ? service.runs : `${service.runs}: ${typed(manager, [service.look])}`]
        : notStarted(reason, manager, installation.user, service)),
      // The units of a user stop with the user's last session.
      ...(manager === 'user'
        ? [`To run it while you are not logged in, type: loginctl enable-linger ${installation.user}`]
        : []),
    ]);
    return reason === null ? exitCodes.done : exitCodes.failed;
  },
});

/** Returns the systemctl calls that start the units. */
function startingOf({ enabled }: Units): Words {
  return [['daemon-reload'], ...(enabled === null ? [] : [['enable', '--now', enabled]])];
}

async function remove(service: Units, directory: string, manager: SystemdManager): Promise<0> {
  const stopped = service.enabled === null ? [] : [['disable', '--now', service.enabled]];
  const files = service.files.map((file) => join(directory, file)).filter(hasOwnFile);
  if (files.length === 0) {
    printLines(['There are no units of hpc-collector']);
    return exitCodes.done;
  }
  // Stop the units while their files exist: systemd cannot disable a unit without its file.
  const reason = await tell(manager, stopped);
  for (const file of files) removeOwnFile(file);
  if (reason === null) await tell(manager, [['daemon-reload']]);
  printLines([
    ...files.map((file) => `Removed ${file}`),
    ...(reason === null
      ? []
      : [`systemd was not notified: ${reason}`, `If it is running, type: ${typed(manager, stopped)}`]),
  ]);
  return exitCodes.done;
}

type Words = readonly (readonly string[])[];

/**
 * Calls systemctl. Returns null if everything worked, otherwise the reason. A failed call does not stop the later ones.
 */
async function tell(manager: SystemdManager, commands: Words): Promise<string | null> {
  let reason: string | null = null;
  for (const words of commands) {
    const result = await systemctl(manager, words);
    if (result.kind === 'failed') reason ??= result.reason;
  }
  return reason;
}

function typed(manager: SystemdManager, commands: Words): string {
  return commands.map((words) => systemctlCommand(manager, words).join(' ')).join(' && ');
}

/** Returns what a person must do if systemd could not be reached. */
function notStarted(reason: string, manager: SystemdManager, user: string, service: Units): string[] {
  const where = manager === 'system' ? 'If systemd is running' : `If your systemd is running, logged in as ${user}`;
  return [
    `${service.notStarted}: ${reason}`,
    `${where}, type: ${typed(manager, startingOf(service))}`,
    ...(service.without === null ? [] : [service.without]),
  ];
}

function unitName(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (/^[A-Za-z0-9:_.@\\%-]+\.[a-z]+$/.test(text)) return text;
  throw new OperatorError(`--on-failure ${printable(text, 60)}: give a unit such as mail-ops@%n.service`);
}
