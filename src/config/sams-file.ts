import type { Layers } from './layers.ts';
import { readYaml } from './yaml.ts';

/** Reads a YAML file of softwareaccounting, and removes the prefix `sams.` from the names of its sections. */
export function namedLayers(file: string): Layers {
  const { value, placeOf, origin } = readYaml(file);
  const given = new Map(Object.keys(value).map((name) => [withoutPrefix(name), name]));
  return [
    {
      origin,
      value: Object.fromEntries(Object.entries(value).map(([name, section]) => [withoutPrefix(name), section ?? {}])),
      placeOf: ([first, ...rest], what) => placeOf([given.get(String(first)) ?? String(first), ...rest], what),
    },
  ];
}

/** Returns the name of a section without `sams.`. */
export function withoutPrefix(name: string): string {
  return name.replace(/^sams[.-]/, '');
}
