import { OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';

/** An address to listen on. `hostname` has no brackets around an IPv6 address; port 0 lets the system choose. */
export type ListenAddress = { readonly hostname: string; readonly port: number };

const example = 'write HOST:PORT, such as 127.0.0.1:8080, [::1]:8080 or :8080';

/**
 * Parses `HOST:PORT`, `[IPV6]:PORT` or `:PORT`. Without a host it is 127.0.0.1; `0.0.0.0:PORT` is every interface.
 * @throws OperatorError if the text is none of these, or the port is not 0 to 65535
 */
export function parseListen(text: string): ListenAddress {
  const trimmed = text.trim();
  const shown = printable(trimmed, 80);
  const split = /^(?:\[([^\]]*)\]|([^[\]]*)):([^:]*)$/.exec(trimmed);
  if (!split) throw new OperatorError(`Cannot listen on "${shown}": ${example}`);
  const [, bracketed, bare = '', port = ''] = split;
  if (bracketed === undefined && bare.includes(':')) {
    throw new OperatorError(`Cannot listen on "${shown}": an IPv6 address needs brackets; ${example}`);
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new OperatorError(`Cannot listen on "${shown}": the port must be a number from 0 to 65535; ${example}`);
  }
  if (bracketed !== undefined && !/^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(bracketed)) {
    throw new OperatorError(`Cannot listen on "${shown}": only an IPv6 address goes into brackets; ${example}`);
  }
  if (bracketed === undefined && bare !== '' && !/^[A-Za-z0-9._-]+$/.test(bare)) {
    throw new OperatorError(`Cannot listen on "${shown}": the host name has characters it cannot have; ${example}`);
  }
  return { hostname: bracketed ?? (bare || '127.0.0.1'), port: Number(port) };
}

/** Returns the http or https address of a listener, without a slash at the end. */
export function urlOf({ hostname, port }: ListenAddress, isTls = false): string {
  return `${isTls ? 'https' : 'http'}://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
}
