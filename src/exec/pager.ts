/**
 * Shows text in the pager that `$PAGER` names, such as `less -R`, and waits until it ends. Returns false if there is no
 * `$PAGER` or it cannot be started: the caller then prints the text itself.
 */
export async function page(text: string, environment: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  // Words only: a pager with quoted arguments would need a shell.
  const [program, ...args] = (environment.PAGER ?? '').split(/\s+/).filter((word) => word !== '');
  if (program === undefined) return false;
  try {
    // `less` quits at once if the text fits on the screen (F), and leaves it there (X), as git sets it.
    const child = Bun.spawn([program, ...args], {
      stdin: Buffer.from(text),
      stdout: 'inherit',
      stderr: 'inherit',
      env: { LESS: 'FRX', ...environment },
    });
    return (await child.exited) === 0;
  } catch {
    return false;
  }
}
