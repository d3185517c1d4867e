import { z } from 'zod';
import { nearest } from '../lib/nearest.ts';
import { printable } from '../lib/text.ts';
import type { CollectorSettings } from './collector.ts';
import type { DestinationKind } from './destinations.ts';
import { type Layers, mergedLayers } from './layers.ts';
import { ConfigError, type ConfigProblem } from './problem.ts';
import { problemAt } from './settings.ts';

const names = z.array(z.unknown()).catch([]);

/** Throws ConfigError if `deliver_to` of `collector.yaml` or of its `jobs` names an unsuitable destination. */
export function checkDeliverTo(layers: Layers, collector: CollectorSettings): void {
  const problems = [
    ...unknownDestinations(layers, ['deliver_to'], 'sam', collector),
    ...unknownDestinations(layers, ['jobs', 'deliver_to'], 'ingest', collector),
    ...(collector.samples === undefined
      ? []
      : unknownDestinations(layers, ['samples', 'deliver_to'], 'sams', collector, collector.samples.deliver_to)),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Returns an error for each name of a list at `path` that is not the name of a destination of this kind. */
export function unknownDestinations(
  layers: Layers,
  path: readonly string[],
  kind: DestinationKind,
  { destinations }: CollectorSettings,
  byDefault: readonly string[] = [],
): ConfigProblem[] {
  const listed = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    mergedLayers(layers),
  );
  const known = new Map(Object.entries(destinations).map(([name, settings]) => [name, settings.kind]));
  const suitable = [...known].flatMap(([name, other]) => (other === kind ? [name] : []));
  return names.parse(listed ?? byDefault).flatMap((name, index) => {
    if (typeof name !== 'string' || known.get(name) === kind) return [];
    const hint = hintFor(name, suitable, kind);
    const shown = `'${printable(name, 60)}'`;
    const words = known.has(name)
      ? `${shown} is a destination of kind ${known.get(name)}: ${hint}`
      : `there is no destination ${shown} in collector.yaml: ${hint}`;
    return [problemAt(layers, [...path, index], words)];
  });
}

function hintFor(name: string, suitable: readonly string[], kind: DestinationKind): string {
  if (suitable.length === 0)
    return `add one of kind ${kind} under 'destinations:' (see hpc-collector help destinations)`;
  const meant = nearest(name, suitable);
  return meant === null ? `those of kind ${kind} are ${suitable.join(', ')}` : `did you mean '${meant}'?`;
}
