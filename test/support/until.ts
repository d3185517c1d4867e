/** Polls until the condition holds; fails after five seconds, or as many as are given, saying what was waited for. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, seconds = 5): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await Bun.sleep(10);
  }
}
