import type { Fault } from './fault.ts';
import { text } from './values.ts';

const pattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';
const form = new RegExp(pattern);

/** Whether a text can be the name of a cluster: never a path, and nothing that could steer a terminal. */
export function isClusterName(name: string): boolean {
  return form.test(name);
}

/** Takes the name of a cluster. The ingest API's own server takes any text, and writes into the directory it names. */
export function clusterName(value: unknown): string | Fault {
  const name = text(value);
  if (typeof name !== 'string' || isClusterName(name)) return name;
  return { type: 'string_pattern_mismatch', msg: `String should match pattern '${pattern}'`, ctx: { pattern } };
}
