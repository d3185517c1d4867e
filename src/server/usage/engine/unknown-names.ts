import { printable } from '../../../lib/text.ts';
import { RequestProblem } from '../../http/problem.ts';
import { type Ids, type NameDimension, nameDimensions } from '../segments/segment.ts';
import { partsOf } from './filter.ts';
import type { Loaded } from './loaded.ts';
import type { Question } from './question.ts';

const maxListed = 50;
const words: Readonly<Record<NameDimension, string>> = {
  partition: 'partition',
  account: 'account',
  user: 'user',
  qos: 'QOS',
  state: 'state',
};

/**
 * A misspelt filter must not look like an answer.
 * @throws RequestProblem 422 for a name that no job of the clusters has, with the names that some have; users are not listed
 */
export function refuseUnknownNames({ filter, nodes, software }: Question, clusters: readonly Loaded[]): void {
  for (const dimension of nameDimensions) {
    const wanted = filter[dimension];
    if (wanted === null) continue;
    const known = knownNames(dimension, clusters);
    const unknown = wanted.find((name) => !known.has(name));
    if (unknown !== undefined) throw problem(words[dimension], unknown, dimension === 'user' ? [] : [...known].sort());
  }
  refuseUnknown('node', nodes, (loaded) => loaded.names, clusters);
  refuseUnknown('software', software, (loaded) => loaded.software, clusters);
}

function refuseUnknown(
  what: string,
  wanted: readonly string[] | null,
  dictionary: (loaded: Loaded) => readonly (string | null)[],
  clusters: readonly Loaded[],
): void {
  const known = new Set(clusters.flatMap(dictionary));
  const unknown = wanted?.find((name) => !known.has(name));
  if (unknown !== undefined) throw problem(what, unknown, []);
}

/** @throws RequestProblem 422 for a partition that no job of the clusters has */
export function refusePartition(partition: string, clusters: readonly Loaded[]): void {
  const known = knownNames('partition', clusters);
  if (!known.has(partition)) throw problem('partition', partition, [...known].sort());
}

function problem(what: string, name: string, known: readonly string[]): RequestProblem {
  const listed = known.slice(0, maxListed).map((one) => printable(one, 60));
  const more = known.length > maxListed ? ` and ${known.length - maxListed} more` : '';
  const choices = listed.length === 0 ? '' : `: give one of ${listed.join(', ')}${more}`;
  return new RequestProblem(422, `No job has the ${what} ${printable(name, 60)}${choices}`);
}

/** Returns the names of a dimension in the cells, which have all of them. */
function knownNames(dimension: NameDimension, clusters: readonly Loaded[]): ReadonlySet<string> {
  const known = new Set<string>();
  for (const { names, segments } of clusters) {
    const seen = new Uint8Array(names.length);
    for (const { cells } of segments) mark(cells.combinations[dimension], seen);
    seen.forEach((isSeen, id) => {
      const name = names[id] ?? null;
      if (isSeen === 1 && name !== null) for (const part of partsOf(dimension, name)) known.add(part);
    });
  }
  return known;
}

function mark(ids: Ids, seen: Uint8Array): void {
  for (let index = 0; index < ids.length; index++) seen[ids[index] ?? 0] = 1;
}
