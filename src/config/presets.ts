import casper from '../../config/sam-dashboard/casper.yaml' with { type: 'text' };
import derecho from '../../config/sam-dashboard/derecho.yaml' with { type: 'text' };

/** Names of the sets of built-in settings; `original` has those of the original documents, without changes. */
export const presetNames = ['original', 'sam-dashboard'] as const;
export type PresetName = (typeof presetNames)[number];

/** What a preset changes in the settings that are built in, as YAML by the system's name. */
export const presets: Readonly<Record<PresetName, ReadonlyMap<string, string>>> = {
  original: new Map(),
  'sam-dashboard': new Map([
    ['casper', casper],
    ['derecho', derecho],
  ]),
};
