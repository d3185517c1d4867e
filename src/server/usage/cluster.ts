import { isClusterName, clusterNamePattern as pattern } from '../../lib/cluster-name.ts';
import type { Fault } from './fault.ts';
import { text } from './values.ts';

/** Reads the name of a cluster. The API's own server accepts any text and writes into the directory of that name. */
export function clusterName(value: unknown): string | Fault {
  const name = text(value);
  if (typeof name !== 'string' || isClusterName(name)) return name;
  return { type: 'string_pattern_mismatch', msg: `String should match pattern '${pattern}'`, ctx: { pattern } };
}
