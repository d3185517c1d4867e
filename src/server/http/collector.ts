/** The collector that sent a request, as its header `X-Collector` says: `host=login1; version=0.2.0; waiting=230`. */
export type Collector = {
  /** The name of its host. */
  readonly host: string;
  readonly version: string;
  /** The entries that were pending for this receiver besides the sent one; null if it does not know. */
  readonly waiting: number | null;
};

/** Returns the collector of a request; null without the header, or if it cannot be read: that must refuse no delivery. */
export function collectorOf(headers: Headers): Collector | null {
  const text = headers.get('x-collector') ?? '';
  const [, host, version, waiting] =
    /^host=([\w.-]{1,255}); version=([\w.+-]{1,40})(?:; waiting=(\d{1,9}))?$/.exec(text.trim()) ?? [];
  if (host === undefined || version === undefined) return null;
  return { host, version, waiting: waiting === undefined ? null : Number(waiting) };
}
