/** True if a URL leads to this host. A proxy cannot reach such a URL, and no other host sees the request. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost\.?|127(\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\])$/.test(hostname);
}

/** True if a request can go through the proxy at this address. */
export function isProxyAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  // In `http://user:12#34@proxy` the host is `user`: the `#` of a password must be written as %23.
  return !`${url.pathname}${url.search}${url.hash}`.includes('@');
}
