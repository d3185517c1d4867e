/** What a program wrote to its terminal, line by line without escapes, and its exit code. */
export type OnTerminal = { readonly exit: number; readonly lines: readonly string[] };

/** Runs a program on a terminal of its own with so many columns, to its end. */
export async function onTerminal(
  argv: readonly string[],
  env: Record<string, string>,
  columns = 80,
): Promise<OnTerminal> {
  const decoder = new TextDecoder();
  let text = '';
  // The terminal closes when its last process has ended and all output is read.
  const closed = Promise.withResolvers<void>();
  const running = Bun.spawn([...argv], {
    env,
    terminal: {
      cols: columns,
      rows: 24,
      data: (_, bytes) => {
        text += decoder.decode(bytes, { stream: true });
      },
      exit: () => closed.resolve(),
    },
  });
  const exit = await running.exited;
  await closed.promise;
  return { exit, lines: Bun.stripANSI(text).replaceAll('\r', '').trimEnd().split('\n') };
}
