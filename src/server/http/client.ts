/** The client of a request, as far as the connection and its headers tell. */
export type Client = {
  /** The IP address. Behind a proxy it is the one that the proxy reports. */
  readonly address: string;
  /** True for a program on this host that connected directly. */
  readonly isLocal: boolean;
  /** The origin of this receiver as the client names it, such as `https://status.example.org`. */
  readonly origin: string;
  /** The path below which the client sees this receiver, such as `/status`; empty for the root. */
  readonly prefix: string;
};

/** How requests reach the receiver. */
export type Transport = {
  readonly isTls: boolean;
  /** True if every request comes from a proxy. Only then its forwarded headers are used. */
  readonly isBehindProxy: boolean;
};

/**
 * Returns the client of a request.
 * @param peer the IP address at the other end of the connection
 */
export function clientOf(request: Request, url: URL, peer: string, { isTls, isBehindProxy }: Transport): Client {
  const { headers } = request;
  if (isBehindProxy) {
    const scheme = lastOf(headers.get('x-forwarded-proto')) === 'https' ? 'https' : 'http';
    // The last address is the one that the proxy itself saw. A client can send the others.
    return {
      address: lastOf(headers.get('x-forwarded-for')) || peer,
      isLocal: false,
      origin: `${scheme}://${hostIn(headers.get('x-forwarded-host')) ?? url.host}`,
      prefix: prefixIn(headers.get('x-forwarded-prefix')),
    };
  }
  return {
    address: peer,
    // A host name other than loopback is an attack by DNS rebinding. Forwarded headers mean that there is a proxy, but
    // --behind-proxy is missing. Neither request may have the rights of a program on this host.
    isLocal: isLoopback(peer) && isLoopback(url.hostname) && !isForwarded(headers),
    origin: `${isTls ? 'https' : 'http'}://${url.host}`,
    prefix: '',
  };
}

/** True for `localhost` and the loopback addresses of IPv4 and IPv6, with or without brackets. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|\[?::ffff:127(\.\d{1,3}){3}\]?)$/i.test(host);
}

function isForwarded(headers: Headers): boolean {
  return ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'].some((name) => headers.has(name));
}

/** Returns the host and port in a header, null without a valid one. */
function hostIn(header: string | null): string | null {
  const host = lastOf(header);
  return /^[A-Za-z0-9.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`) ? new URL(`http://${host}`).host : null;
}

/** Returns the path in a header without a slash at its end; empty without a valid one. */
function prefixIn(header: string | null): string {
  return /^((?:\/[A-Za-z0-9._~-]+)+)\/?$/.exec(lastOf(header))?.[1] ?? '';
}

function lastOf(list: string | null): string {
  return (list ?? '').split(',').at(-1)?.trim() ?? '';
}
