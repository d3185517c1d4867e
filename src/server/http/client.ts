/** The client of a request, as far as the connection and its headers tell. */
export type Client = {
  /** The IP address. Behind a proxy it is the one that the proxy reports. */
  readonly address: string;
  /** True for a program on this host that connected directly. */
  readonly isLocal: boolean;
  /** The origin of this receiver as the client names it, such as `https://status.example.org`. */
  readonly origin: string;
};

/** How requests reach the receiver. */
export type Transport = {
  readonly isTls: boolean;
  /** True if every request comes from a proxy. Only then its headers are believed. */
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
      origin: `${scheme}://${url.host}`,
    };
  }
  return {
    address: peer,
    // A name other than loopback is an attack by DNS rebinding, and forwarded headers are those of a proxy that serve
    // was not told about with --behind-proxy: neither must read like a program of this host.
    isLocal: isLoopback(peer) && isLoopback(url.hostname) && !isForwarded(headers),
    origin: `${isTls ? 'https' : 'http'}://${url.host}`,
  };
}

/** True for `localhost` and the loopback addresses of IPv4 and IPv6, with or without brackets. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|\[?::ffff:127(\.\d{1,3}){3}\]?)$/i.test(host);
}

function isForwarded(headers: Headers): boolean {
  return ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'].some((name) => headers.has(name));
}

function lastOf(list: string | null): string {
  return (list ?? '').split(',').at(-1)?.trim() ?? '';
}
