import { type CommandDef, defineCommand } from 'citty';
import { destinationsOfSystem, knownSystems, loadConfig } from '../../config/load.ts';
import { samStream } from '../../delivery/sam-entries.ts';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { commonArgs } from '../common.ts';
import { printLines } from '../output.ts';
import { commandTree } from '../tree.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { type Known, placesOf } from './model.ts';
import { zshScript } from './zsh.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** Returns the command; its script completes the tree of `root`. */
export function completionCommand(root: CommandDef) {
  return defineCommand({
    meta: { description: 'Print a completion script for your shell' },
    args: {
      ...commonArgs,
      shell: { type: 'positional', required: true, valueHint: 'bash|zsh|fish', description: 'Your shell' },
    },
    async run({ args }) {
      const script = Object.entries(scripts).find(([shell]) => shell === args.shell)?.[1];
      if (!script) throw new OperatorError(`no completion for '${printable(args.shell, 40)}': give bash, zsh or fish`);
      printLines([script(placesOf(await commandTree(root), knownIfAny(args.config))).trimEnd()]);
      return exitCodes.done;
    },
  });
}

/** Returns the known names; none if the configuration is invalid, because that must not break every new shell. */
function knownIfAny(directory: string | undefined): Known {
  try {
    const config = loadConfig(directory ?? null, process.env);
    const systems = knownSystems(config).filter((name) => /^[\w-]+$/.test(name));
    const streamsOf = (system: string) => destinationsOfSystem(system, config).map((name) => samStream(system, name));
    return { systems, streams: systems.flatMap(streamsOf) };
  } catch (error) {
    if (error instanceof OperatorError) return { systems: [], streams: [] };
    throw error;
  }
}
