import type { CollectorSettings } from './collector.ts';
import type { IngestSettings } from './ingest.ts';
import type { Environment } from './paths.ts';
import type { SamSettings } from './sam.ts';

/** The whole configuration except the systems, which are loaded by name. */
export type Config = {
  readonly directory: string;
  readonly stateDirectory: string;
  readonly collector: CollectorSettings;
  readonly sam: SamSettings;
  readonly ingest: IngestSettings;
  readonly environment: Environment;
};
