import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../../lib/durable.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { expand } from '../patterns.ts';
import { type MetricRules, metricsText } from './metrics.ts';
import type { Measured, Output } from './output.ts';

type Place = { readonly job: number | string; readonly node: string };

/** Writes the current values to a file for node_exporter's textfile collector. The file is removed at the end. */
export function prometheusOutput(
  settings: MetricRules & { readonly path: string; readonly retry_count: number; readonly retry_sleep: number },
  place: Place,
  log: Log,
): Output {
  const file = expand(settings.path, { ...place, hashSize: null });
  return {
    id: 'output.Prometheus',
    retries: settings.retry_count,
    pauseSeconds: settings.retry_sleep,
    sampled(data) {
      try {
        writeDurably(file, metricsText(data, settings), 0o644);
      } catch (error) {
        log.error(`cannot write ${file}: ${messageOf(error)}`);
      }
    },
    async write() {
      rmSync(file, { force: true });
    },
  };
}

/** A socket that gives the current values to each client. */
export type MetricsListener = { update(data: Measured): void; close(): void };

/**
 * Listens on a Unix socket and writes the current values, in the Prometheus text format, to each client that connects.
 * Throws an Error if the socket cannot be made.
 */
export function prometheusListener(
  settings: MetricRules & { readonly socketdir: string },
  { job }: Place,
): MetricsListener {
  mkdirSync(settings.socketdir, { recursive: true, mode: 0o755 });
  const file = join(settings.socketdir, `sams.listener.Prometheus_${job}.socket`);
  // A killed sampler leaves its socket, and the lock says that no other one runs.
  rmSync(file, { force: true });
  let text = '';
  const server = Bun.listen({ unix: file, socket: { open: (client) => void client.end(text), data() {} } });
  return {
    update(data) {
      text = metricsText(data, settings);
    },
    close() {
      server.stop(true);
      rmSync(file, { force: true });
    },
  };
}
