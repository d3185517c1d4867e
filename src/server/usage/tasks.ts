import type { Reader } from '../store/port.ts';
import { dateOfDay } from './cluster-clock.ts';
import { type Answer, answerQuestion, needsOf } from './engine/answer.ts';
import type { SegmentCache } from './engine/loaded.ts';
import { type Names, namesIn } from './engine/names.ts';
import type { Question } from './engine/question.ts';
import { refuseUnknownNames } from './engine/unknown-names.ts';
import { rangeOf, windowOf } from './engine/window.ts';

/** What the thread does. Clusters that never had jobs are left out of every answer. */
export type Task =
  | { readonly kind: 'question'; readonly question: Question }
  | {
      readonly kind: 'names';
      readonly clusters: readonly string[];
      readonly from: string | null;
      readonly to: string | null;
    };

/** The names of a cluster in a window, and the first and the last day of submission of all its jobs. */
export type ClusterNames = {
  readonly cluster: string;
  readonly names: Names;
  readonly first: string | null;
  readonly last: string | null;
};

/**
 * Does a task and returns the answer.
 * @throws RequestProblem if it is wrong
 */
export async function tasks(cache: SegmentCache, reader: Reader, task: Task): Promise<unknown> {
  switch (task.kind) {
    case 'question':
      return answerTo(cache, reader, task.question);
    case 'names':
      return namesOf(cache, reader, task);
  }
}

async function answerTo(cache: SegmentCache, reader: Reader, question: Question): Promise<Answer> {
  let window = windowOf(question.from, question.to, null);
  return cache.use(
    question.clusters,
    async (clusters) => {
      window = windowOf(question.from, question.to, await rangeOf(reader, clusters, question.axis));
      refuseUnknownNames(question, clusters);
      return needsOf(question, window);
    },
    (clusters) => answerQuestion(question, clusters, window),
  );
}

async function namesOf(
  cache: SegmentCache,
  reader: Reader,
  { clusters, from, to }: Extract<Task, { kind: 'names' }>,
): Promise<ClusterNames[]> {
  const answers: ClusterNames[] = [];
  for (const cluster of clusters) {
    let [window, range] = [windowOf(from, to, null), windowOf(null, null, null)];
    const one = await cache.use(
      [cluster],
      async (loaded) => {
        range = windowOf(null, null, await rangeOf(reader, loaded, 'submitted'));
        window = windowOf(from, to, range);
        return { ...window, parts: ['columns'] };
      },
      ([loaded]) => loaded && namesIn(loaded, window),
    );
    if (!one) continue;
    const isEmpty = range.until === range.from;
    answers.push({
      cluster,
      names: one,
      first: isEmpty ? null : dateOfDay(range.from),
      last: isEmpty ? null : dateOfDay(range.until - 1),
    });
  }
  return answers;
}
