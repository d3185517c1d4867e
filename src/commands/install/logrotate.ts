import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineCommand } from 'citty';
import { logrotateText, withRotation } from '../../install/logrotate.ts';
import { removeOwnFile, writeOwnFile } from '../../install/own-files.ts';
import { exitCodes, messageOf, OperatorError } from '../../lib/errors.ts';
import { type Context, logFilesOf, openContext } from '../../run/context.ts';
import { commonArgs } from '../common.ts';
import { printLines } from '../output.ts';
import { actionOf, installArgs } from './installation.ts';
import { ownerOf } from './owner.ts';

const file = '/etc/logrotate.d/hpc-collector';

export const logrotateCommand = defineCommand({
  meta: { description: 'Print the logrotate configuration, or install it' },
  args: { ...commonArgs, ...installArgs },
  async run({ args }) {
    const action = actionOf(args);
    const context = openContext(args);
    const { common, bySystem } = logFilesOf(args, context.config);
    const text = logrotateText([...new Set([common, ...bySystem.values()])], await ownerOf(common));
    if (action === 'print') {
      printLines([text.trimEnd()]);
      return exitCodes.done;
    }
    const isWrite = action === 'write';
    if (process.getuid?.() !== 0) throw new OperatorError(whatRootMustDo(isWrite, context));
    // Change the settings first: with both rotations the log would be rotated twice, with neither never. A failure undoes it.
    const settings = turnRotation(!isWrite, context);
    let isChanged: boolean;
    try {
      isChanged = isWrite ? writeOwnFile(file, text) : removeOwnFile(file);
    } catch (error) {
      settings?.undo();
      throw error;
    }
    printLines([
      isChanged
        ? `${isWrite ? 'Wrote' : 'Removed'} ${file}`
        : `${file} ${isWrite ? 'exists already' : 'does not exist'}`,
      ...(settings === null ? [] : [`Turned our own rotation ${isWrite ? 'off' : 'on'} in ${settings.file}`]),
    ]);
    return exitCodes.done;
  },
});

function whatRootMustDo(isWrite: boolean, { config }: Context): string {
  const settings = join(config.directory, 'collector.yaml');
  return isWrite
    ? `only root may write ${file}: type hpc-collector install logrotate | sudo tee ${file}, and put log: { rotate: false } in ${settings}`
    : `only root may remove ${file}: type sudo rm ${file}, and remove log.rotate from ${settings}`;
}

/** Turns our own rotation on or off. Returns the changed file, and a function that undoes it; null if it needs no change. Throws OperatorError. */
function turnRotation(isOurs: boolean, { config }: Context): { readonly file: string; undo(): void } | null {
  const settings = join(config.directory, 'collector.yaml');
  const advice = `put log: { rotate: ${isOurs} } there`;
  try {
    const isThere = existsSync(settings);
    const before = isThere ? readFileSync(settings, 'utf8') : '';
    const after = withRotation(before, isOurs);
    if (after === before) return null;
    writeFileSync(settings, after);
    return { file: settings, undo: () => (isThere ? writeFileSync(settings, before) : rmSync(settings)) };
  } catch (error) {
    throw new OperatorError(`cannot write ${settings}: ${messageOf(error)}; ${advice}`, { cause: error });
  }
}
