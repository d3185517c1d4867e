import type { Probing } from '../../src/collect/observation.ts';
import type { Executor } from '../../src/exec/command.ts';

/** An executor that nothing stops. */
export function unstopped(executor: Executor): Probing {
  return { executor, signal: new AbortController().signal };
}
