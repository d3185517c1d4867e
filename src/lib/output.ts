/**
 * Standard output and standard error, past `process.stdout` and `process.stderr`: those are streams of Node's, which cost
 * 20 ms of each start to set up.
 */

let written: Promise<unknown> = Promise.resolve();

/** Writes text to standard output, after what was written before; done when a slow reader has taken all of it. */
export function print(text: string): Promise<void> {
  const done = written.then(async () => {
    // Not `Bun.write(Bun.stdout, …)`: to a file that is appended to (`>> file`) it adds as many zero bytes.
    const writer = Bun.stdout.writer();
    writer.write(text);
    await writer.flush();
  });
  // The next one is not to fail for this one's reason.
  written = done.catch(() => {});
  return done;
}

/** Writes a line, which ends with its line break, to standard error at once. */
export function complain(line: string): void {
  // With one argument, nothing in it is taken for a format.
  console.error(line.endsWith('\n') ? line.slice(0, -1) : line);
}
