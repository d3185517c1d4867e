import { isMapping, mergeDeep, type Place, type YamlFile, type YamlMap } from './yaml.ts';

/** YAML files laid over each other, the first undermost. */
export type Layers = readonly YamlFile[];

export function mergedLayers(layers: Layers): YamlMap {
  return layers.map(({ value }) => value).reduce(mergeDeep, {});
}

/** The file that a merged value comes from; null where none of them sets it. */
export function layerOf(layers: Layers, path: readonly PropertyKey[]): YamlFile | null {
  return [...layers].reverse().find(({ value }) => sets(value, path)) ?? null;
}

/**
 * Where a problem with a setting is to be mended: where it is set; else where the nearest setting above it is, in the
 * uppermost file that has it.
 */
export function placeIn(layers: Layers, path: readonly PropertyKey[], what: 'value' | 'key'): LayerPlace | null {
  for (let length = path.length; length >= 0; length--) {
    const above = path.slice(0, length);
    const layer = layerOf(layers, above);
    if (layer) return { file: layer.origin, ...layer.placeOf(length === path.length ? path : above, what) };
  }
  return null;
}

export type LayerPlace = Place & { readonly file: string };

/** Whether a file decides what is at a path: a list or a single value replaces all below it. */
function sets(settings: YamlMap, path: readonly PropertyKey[]): boolean {
  let at: unknown = settings;
  for (const step of path) {
    if (!isMapping(at)) return true;
    if (!Object.hasOwn(at, step)) return false;
    at = at[String(step)];
  }
  return true;
}
