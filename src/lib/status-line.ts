let current = '';

/** Whether standard error is a terminal that can be written over. */
export function canShowStatus(): boolean {
  return process.stderr.isTTY === true && process.env.NO_COLOR === undefined && process.env.TERM !== 'dumb';
}

/** Shows one line at the end of standard error, in the place of the last one; an empty text takes it away. */
export function showStatus(text: string): void {
  if (text === current) return;
  const width = process.stderr.columns || 80;
  current = text;
  process.stderr.write(`\r\u001b[K${text.slice(0, width - 1)}`);
}

/** Writes whole lines to standard error, above the status line. */
export function writeAboveStatus(lines: string): void {
  const status = current;
  if (status === '') process.stderr.write(lines);
  else {
    showStatus('');
    process.stderr.write(lines);
    showStatus(status);
  }
}
