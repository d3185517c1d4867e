import { RequestProblem } from '../http/problem.ts';
import type { userCounters } from './spans.ts';

type Counter = (typeof userCounters)[number];

/** The counter of each state and metric. The SAM API has no nodes of jobs that do not run. */
const counters: Readonly<Record<string, Readonly<Record<string, Counter>>>> = {
  running: { jobs: 'running_jobs', cores: 'cores_allocated', gpus: 'gpus_allocated', nodes: 'nodes_allocated' },
  pending: { jobs: 'pending_jobs', cores: 'cores_pending', gpus: 'gpus_pending' },
  held: { jobs: 'held_jobs', cores: 'cores_held', gpus: 'gpus_held' },
};

const ranks = ['current', 'peak'] as const;
const maxTop = 100;

/** The parsed query about users or projects. */
export type UserQuestion = {
  readonly column: 'username' | 'project_code';
  readonly counter: Counter;
  readonly rank: (typeof ranks)[number];
  /** The number of users or projects that get a series each. */
  readonly top: number;
  readonly queue: string | null;
  /** The parameters as the answer repeats them. */
  readonly echoed: {
    readonly group_by: 'user' | 'project';
    readonly state: string;
    readonly metric: string;
    readonly rank: string;
    readonly queue: string | null;
  };
};

/**
 * Returns what a query asks. Parameters: `state` (running, pending or held; default running), `metric` (jobs, cores, gpus
 * or, of running jobs, nodes; default cores), `rank` (peak or current: by the greatest or the newest bucket; default
 * current), `top` (1 to 100, default 15) and `queue` (default: all).
 * @throws RequestProblem 400 that names all problems
 */
export function userQuestion(query: URLSearchParams, by: 'user' | 'project'): UserQuestion {
  const problems: string[] = [];
  const choice = (name: string, choices: readonly string[], usual: string) => {
    const word = query.get(name) || usual;
    if (!choices.includes(word)) problems.push(`${name}: must be one of ${choices.join(', ')}`);
    return word;
  };
  const state = choice('state', Object.keys(counters), 'running');
  const metrics = Object.hasOwn(counters, state) ? (counters[state] ?? {}) : {};
  const metric = problems.length > 0 ? '' : choice('metric', Object.keys(metrics), 'cores');
  const rank = choice('rank', ranks, 'current');
  const top = query.get('top') || '15';
  if (!/^\d{1,3}$/.test(top) || Number(top) < 1 || Number(top) > maxTop) {
    problems.push(`top: must be a number from 1 to ${maxTop}`);
  }
  const counter = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;
  if (problems.length > 0 || counter === undefined) throw new RequestProblem(400, problems.join('; '));
  const queue = query.get('queue') || null;
  return {
    column: by === 'user' ? 'username' : 'project_code',
    counter,
    rank: rank === 'peak' ? 'peak' : 'current',
    top: Number(top),
    queue,
    echoed: { group_by: by, state, metric, rank, queue },
  };
}
