/**
 * What the name of a cluster looks like, to those who send its jobs and to those who take them. It becomes part of a stream
 * and of files' names, here and on the other side: it is never a path or an option, and steers no terminal.
 */
export const clusterNamePattern = '^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$';

/** The same in words, behind a name: `'a b' must have …`. */
export const clusterNameRule = 'must have 1 to 64 letters, digits, dots, - or _, and not begin with a dot or -';

const form = new RegExp(clusterNamePattern);

/** Whether a text can be the name of a cluster. */
export function isClusterName(name: string): boolean {
  return form.test(name);
}
