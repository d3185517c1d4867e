import { OperatorError } from '../../lib/errors.ts';
import { send } from '../../lib/http.ts';
import {
  type DemoCurve,
  type DemoRequest,
  type DemoSnapshot,
  hubRequest,
  madeDay,
  madeHubDay,
  madeOutages,
  parseSnapshot,
  snapshotRequest,
  withReservationsFrom,
} from './made-history.ts';
import { madeJobs } from './made-jobs.ts';
import { madeSamples } from './made-samples.ts';

/** The receiver of the demonstration, its user, and its keys: for all jobs, and for the samples of one cluster. */
export type DemoReceiver = {
  readonly url: string;
  readonly login: string;
  readonly key: string;
  readonly samplesKey: string;
};

/** The jobs are made up. They have the name of a system, so that its page shows how long jobs wait. */
export const cluster = 'derecho';
const hub = 'jupyterhub';
const hourMs = 60 * 60_000;
const refreshMs = 4 * 60_000;
const shares: Readonly<Record<string, number>> = { derecho: 0.35, casper: 0.25 };

/** Fills the receiver with a day of snapshots of each system and of a hub, outages, a year of finished Slurm jobs, and samples of some. */
export async function fillReceiver(receiver: DemoReceiver, systems: readonly string[]): Promise<void> {
  const now = Date.now();
  for (const system of systems) {
    const recorded = withReservationsFrom(await newestSnapshot(receiver, system), now - 2 * hourMs);
    for (const request of madeDay(system, recorded, curveOf(system, now), now)) await post(receiver, request);
  }
  for (const request of madeHubDay(hub, now)) await post(receiver, request);
  for (const request of madeOutages(now)) await post(receiver, request);
  const jobs = madeJobs(now);
  await post(receiver, { path: '/api/data/ingest', body: { hostname: cluster, jobs } });
  const headers = { 'X-API-Key': receiver.samplesKey };
  for (const request of madeSamples(jobs)) await post(receiver, { ...request, headers });
}

/**
 * Sends a new snapshot of each system every four minutes, so that the dashboard shows present data.
 * @param until ends it
 */
export async function keepFresh(
  receiver: DemoReceiver,
  systems: readonly string[],
  until: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const recorded = new Map<string, DemoSnapshot>();
  for (const system of systems) recorded.set(system, await newestSnapshot(receiver, system));
  const begin = Date.now();
  const refresh = async () => {
    for (const [system, snapshot] of recorded) {
      await post(receiver, snapshotRequest(system, snapshot, Date.now(), curveOf(system, begin)));
    }
    await post(receiver, hubRequest(hub, Date.now()));
  };
  const timer = setInterval(() => void refresh().catch(onFailure), refreshMs);
  until.addEventListener('abort', () => clearInterval(timer), { once: true });
}

/** Returns the curve of a system whose newest snapshot is as recorded. */
function curveOf(system: string, zero: number): DemoCurve {
  return { share: shares[system] ?? 0, zero };
}

/** Returns the newest snapshot of a system, as the receiver answers it. */
export function latestOf(receiver: DemoReceiver, system: string): Promise<string> {
  return answerOf(receiver, `/api/v1/status/${system}/latest`);
}

/** Returns what the receiver answers to a GET request. */
export function answerOf(receiver: DemoReceiver, path: string): Promise<string> {
  return exchange(receiver, 'GET', { path, body: null });
}

async function newestSnapshot(receiver: DemoReceiver, system: string): Promise<DemoSnapshot> {
  return parseSnapshot(await latestOf(receiver, system));
}

async function post(receiver: DemoReceiver, request: DemoRequest): Promise<void> {
  await exchange(receiver, 'POST', request);
}

/** @throws OperatorError if the receiver refuses the request */
async function exchange(
  { url, login, key }: DemoReceiver,
  method: 'GET' | 'POST',
  request: DemoRequest,
): Promise<string> {
  const { path, body, headers } = request;
  const reply = await send({
    url: url + path,
    method,
    headers: {
      ...(path.startsWith('/api/data/') ? { 'X-API-Key': key } : { Authorization: login }),
      'Content-Type': 'application/json',
      ...headers,
    },
    body: body === null ? null : JSON.stringify(body),
    timeoutSeconds: 60,
    ca: null,
    proxy: null,
  });
  if (reply.kind === 'answer' && reply.status < 300) return reply.body;
  const reason = reply.kind === 'answer' ? `HTTP ${reply.status}: ${reply.body.slice(0, 200)}` : reply.reason;
  throw new OperatorError(`The receiver of the demonstration refused ${path}: ${reason}`);
}
