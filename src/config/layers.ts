import { type FilePosition, isMapping, mergeDeep, type YamlFile, type YamlMap } from './yaml.ts';

/** YAML files that override each other; the last one wins. */
export type Layers = readonly YamlFile[];

export function mergedLayers(layers: Layers): YamlMap {
  return layers.map(({ value }) => value).reduce(mergeDeep, {});
}

/** Returns the file that sets a merged value; null if none does. */
export function layerOf(layers: Layers, path: readonly PropertyKey[]): YamlFile | null {
  return [...layers].reverse().find(({ value }) => sets(value, path)) ?? null;
}

/**
 * Returns the place to correct a setting: where it is set, otherwise where its nearest parent is set in the last file
 * that has it.
 */
export function placeIn(layers: Layers, path: readonly PropertyKey[], what: 'value' | 'key'): LayerPlace | null {
  for (let length = path.length; length >= 0; length--) {
    const above = path.slice(0, length);
    const layer = layerOf(layers, above);
    if (layer) return { file: layer.origin, ...layer.placeOf(above, what) };
  }
  return null;
}

export type LayerPlace = FilePosition & { readonly file: string };

/** True if a file decides the value at a path. A list or a scalar replaces everything below it. */
function sets(settings: YamlMap, path: readonly PropertyKey[]): boolean {
  let at: unknown = settings;
  for (const step of path) {
    if (!isMapping(at)) return true;
    if (!Object.hasOwn(at, step)) return false;
    at = at[String(step)];
  }
  return true;
}
