import { OperatorError } from '../lib/errors.ts';

/** What stands around our own lines in a file that is somebody else's. */
const begin = '# BEGIN hpc-collector';
const end = '# END hpc-collector';

/** Our lines between the markers, as they stand in a file. */
export function blockOf(lines: readonly string[]): string {
  return `${[begin, ...lines, end].join('\n')}\n`;
}

/** The file with our block at its end, in the place of any that it had. All else stays as it is. Throws OperatorError. */
export function withBlock(file: string, block: string): string {
  const others = withoutBlock(file);
  return `${others}${others === '' || others.endsWith('\n') ? '' : '\n'}${block}`;
}

/**
 * The file without our block; all else stays as it is. Throws OperatorError where a marker stands without the other:
 * nobody knows what between them is whose.
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
