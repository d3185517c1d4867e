import type { CollectorSettings } from './collector.ts';
import type { AllDestinations } from './destination-settings.ts';
import type { Environment } from './paths.ts';

/** The whole configuration except the systems, which are loaded by name. */
export type Config = AllDestinations & {
  readonly directory: string;
  readonly stateDirectory: string;
  readonly collector: CollectorSettings;
  readonly environment: Environment;
};
