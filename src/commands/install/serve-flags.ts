import { isPostgresAddress } from '../../config/postgres.ts';
import type { Installation } from '../../install/installation.ts';
import { receiverDatabase } from '../../install/receiver-unit.ts';
import { OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { checkFlags } from '../check-arguments.ts';
import { serveCommand } from '../serve/serve.ts';
import { resolved } from '../tree.ts';

/** The flags of `serve` that name files. */
const fileFlags: readonly string[] = ['--database', '--config', '--outbox', '--log-file', '--tls-cert', '--tls-key'];

/**
 * Returns the flags of `serve` for a unit, checked as `serve` checks them.
 * @throws OperatorError for an unknown flag, for a path that depends on the current directory, and for what the user of
 *   root's service cannot read or write
 */
export async function checkedServeFlags(
  words: readonly string[],
  { binary, isRoot }: Installation,
): Promise<readonly string[]> {
  const definitions = (await resolved(serveCommand.args)) ?? {};
  const [other] = checkFlags(definitions, { name: 'hpc-collector serve', args: words });
  if (other !== undefined)
    throw new OperatorError(`serve in a unit does not accept '${printable(other, 60)}': give only its flags`);
  for (const [flag, value] of filesIn(words)) {
    const isAddress = flag === '--database' && isPostgresAddress(value);
    if (!isAddress && !value.startsWith('/')) {
      throw new OperatorError(`${flag} ${printable(value, 80)}: a unit needs the full path`);
    }
    if (isRoot && flag === '--database' && !isAddress && value !== receiverDatabase) {
      throw new OperatorError(
        `--database ${printable(value, 80)}: the service has a user of its own, who can only write below /var/lib/hpc-collector-receiver. Leave the flag out, and move the file to ${receiverDatabase}.`,
      );
    }
  }
  if (isRoot && /^\/(root|home)\//.test(binary)) {
    throw new OperatorError(
      `${binary}: the service has a user of its own, who cannot read home directories. Copy the program to /usr/local/bin, and run it there.`,
    );
  }
  return words;
}

/** Returns the flags that name files, with their values. */
function filesIn(words: readonly string[]): [flag: string, value: string][] {
  return words.flatMap((word, index): [string, string][] => {
    const [flag = '', ...value] = word.split('=');
    if (!fileFlags.includes(flag)) return [];
    return [[flag, value.length > 0 ? value.join('=') : (words[index + 1] ?? '')]];
  });
}
