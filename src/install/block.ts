import { OperatorError } from '../lib/errors.ts';

/** The markers around our lines in a file that also has lines of others. */
const begin = '# BEGIN hpc-collector';
const end = '# END hpc-collector';

/** Returns our lines between the markers. */
export function blockOf(lines: readonly string[]): string {
  return `${[begin, ...lines, end].join('\n')}\n`;
}

/**
 * Returns the file with our block at its end, replacing an older block. Other lines stay unchanged. Throws
 * OperatorError.
 */
export function withBlock(file: string, block: string): string {
  const others = withoutBlock(file);
  return `${others}${others === '' || others.endsWith('\n') ? '' : '\n'}${block}`;
}

/**
 * Returns the file without our block; other lines stay unchanged. Throws OperatorError if one marker is missing,
 * because then it is not known which lines are ours.
 */
export function withoutBlock(file: string): string {
  let kept = '';
  let isOurs = false;
  for (const line of file.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const text = line.trimEnd();
    if (text === (isOurs ? begin : end)) throw new OperatorError(`there is ${text} without its counterpart`);
    if (text === begin) isOurs = true;
    else if (text === end) isOurs = false;
    else if (!isOurs) kept += line;
  }
  if (isOurs) throw new OperatorError(`there is ${begin} without its counterpart`);
  return kept;
}
