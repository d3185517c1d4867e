/** Polls until the condition holds. Fails after 20 seconds, or after as many as are given, and names what it waited for. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
  seconds = 20,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${typeof what === 'string' ? what : what()}`);
    await Bun.sleep(10);
  }
}
