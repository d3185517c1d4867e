import type { CollectorSettings } from './collector.ts';
import type { Environment } from './paths.ts';

/** Where the SAM API is and how to speak with it. */
export type SamSettings = CollectorSettings['destinations']['sam'] & {
  /** Without a slash at the end; null where none is configured. */
  readonly baseUrl: string | null;
  /** Null where they are missing: what is collected is stored all the same. */
  readonly credentials: { readonly user: string; readonly password: string } | null;
  readonly timeoutSeconds: number;
  /** Null for none, or the environment's. */
  readonly proxy: string | null;
};

/** Everything that is configured, but for the systems, which are loaded by name. */
export type Config = {
  readonly directory: string;
  readonly stateDirectory: string;
  readonly collector: CollectorSettings;
  readonly sam: SamSettings;
  readonly environment: Environment;
};
