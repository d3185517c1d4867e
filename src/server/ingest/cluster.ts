import { isClusterName, clusterNamePattern as pattern } from '../../lib/cluster-name.ts';
import type { Fault } from './fault.ts';
import { text } from './values.ts';

/** Takes the name of a cluster. The ingest API's own server takes any text, and writes into the directory it names. */
export function clusterName(value: unknown): string | Fault {
  const name = text(value);
  if (typeof name !== 'string' || isClusterName(name)) return name;
  return { type: 'string_pattern_mismatch', msg: `String should match pattern '${pattern}'`, ctx: { pattern } };
}
