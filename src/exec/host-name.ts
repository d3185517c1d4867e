import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';

/** `[user@]name`, where the name may be an IPv6 address. A leading `-` would be an option of ssh. */
const hostPattern = /^(?:[A-Za-z0-9_.][A-Za-z0-9_.-]*@)?[A-Za-z0-9_.:][A-Za-z0-9_.:-]*$/;

/** Takes a host as configured and gives it back; throws an OperatorError if ssh could read it as something else. */
export function checkedHost(host: string): string {
  if (host.length > 255 || !hostPattern.test(host)) {
    throw new OperatorError(
      `Not a host name: ${printable(host, 80)} (expected [user@]name of letters, digits, ".", "-", "_" and ":")`,
    );
  }
  return host;
}

/**
 * Whether two names mean one host: equal up to the first dot, in any case, whatever the user. Login hosts call
 * themselves by other domains (`derecho1.hsn.de.hpc…`) than the world does.
 */
export function sameHost(one: string, other: string): boolean {
  return shortName(one) === shortName(other);
}

function shortName(host: string): string {
  const name = host.slice(host.lastIndexOf('@') + 1).toLowerCase();
  const isAddress = name.includes(':') || /^[0-9.]+$/.test(name);
  return isAddress ? name : (name.split('.')[0] ?? name);
}
