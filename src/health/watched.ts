import type { Config } from '../config/config.ts';
import { loadSystem } from '../config/load.ts';
import { sameHost } from '../exec/host-name.ts';
import { OperatorError } from '../lib/errors.ts';

/**
 * The enabled systems that a host collects; null where none are enabled by name. One whose settings cannot be read is
 * among them: nothing is collected of it, and that must show.
 */
export function watchedSystems(config: Config, host: string): string[] | null {
  const names = [...new Set(config.collector.systems)];
  return names.length === 0 ? null : names.filter((name) => isCollectedOn(name, host, config));
}

function isCollectedOn(name: string, host: string, config: Config): boolean {
  try {
    return loadSystem(name, config).hosts?.some((other) => sameHost(other, host)) ?? true;
  } catch (error) {
    if (error instanceof OperatorError) return true;
    throw error;
  }
}
