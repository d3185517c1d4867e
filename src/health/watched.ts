import type { Config } from '../config/config.ts';
import { loadSystem } from '../config/load.ts';
import { sameHost } from '../exec/host-name.ts';
import { OperatorError } from '../lib/errors.ts';

/**
 * Returns the enabled systems that a host collects; null if none are enabled by name. A system with unreadable settings
 * is included: it is not collected, and health must show that.
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
