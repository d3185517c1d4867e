import { complain } from './output.ts';
import { isTerminal } from './terminal.ts';

let current = '';

/** True if standard error is a terminal that supports overwriting a line. */
export function canShowStatus(): boolean {
  return isTerminal(2) && process.env.NO_COLOR === undefined && process.env.TERM !== 'dumb';
}

/** Shows one line at the end of standard error, replacing the last one; an empty text removes it. */
export function showStatus(text: string): void {
  if (text === current) return;
  current = text;
  const width = text === '' ? 0 : (process.stderr.columns || 80) - 1;
  complain(`\r\u001b[K${text.slice(0, width)}`);
}

/** Writes whole lines to standard error, above the status line. */
export function writeAboveStatus(lines: string): void {
  const status = current;
  showStatus('');
  complain(lines);
  showStatus(status);
}
