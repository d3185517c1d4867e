/**
 * A valid cluster name, for senders and receivers of jobs. It becomes part of a stream name and of file names, so it
 * must never be a path, an option or a control sequence.
 */
export const clusterNamePattern = '^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$';

/** The rule in words; follows the name in a message. */
export const clusterNameRule = 'must have 1 to 64 letters, digits, dots, - or _, and not begin with a dot or -';

const form = new RegExp(clusterNamePattern);

/** True if a text is a valid cluster name. */
export function isClusterName(name: string): boolean {
  return form.test(name);
}
