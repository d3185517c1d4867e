import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';

/** `[user@]name`; the name may be an IPv6 address. ssh would read a leading `-` as an option. */
const hostPattern = /^(?:[A-Za-z0-9_.][A-Za-z0-9_.-]*@)?[A-Za-z0-9_.:][A-Za-z0-9_.:-]*$/;

/** Returns a configured host unchanged. Throws OperatorError if ssh could read it as something else. */
export function checkedHost(host: string): string {
  if (host.length > 255 || !hostPattern.test(host)) {
    throw new OperatorError(
      `Not a host name: ${printable(host, 80)} (expected [user@]name of letters, digits, ".", "-", "_" and ":")`,
    );
  }
  return host;
}

/**
 * True if two names mean one host: equal up to the first dot, ignoring case and user. Login hosts can know themselves
 * by another domain (`derecho1.hsn.de.hpc…`) than other hosts do.
 */
export function sameHost(one: string, other: string): boolean {
  return shortName(one) === shortName(other);
}

function shortName(host: string): string {
  const name = host.slice(host.lastIndexOf('@') + 1).toLowerCase();
  const isAddress = name.includes(':') || /^[0-9.]+$/.test(name);
  return isAddress ? name : (name.split('.')[0] ?? name);
}
