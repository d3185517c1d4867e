import casper from '../../config/sam-dashboard/casper.yaml' with { type: 'text' };
import derecho from '../../config/sam-dashboard/derecho.yaml' with { type: 'text' };

/** Names of the sets of built-in settings. `original` has the settings of the original documents, without changes. */
export const presetNames = ['original', 'sam-dashboard'] as const;
export type PresetName = (typeof presetNames)[number];

/** The changes of each preset to the built-in settings, as YAML by system name. */
export const presets: Readonly<Record<PresetName, ReadonlyMap<string, string>>> = {
  original: new Map(),
  'sam-dashboard': new Map([
    ['casper', casper],
    ['derecho', derecho],
  ]),
};
