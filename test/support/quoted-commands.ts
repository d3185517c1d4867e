import { run } from './run.ts';
import { binary } from './site.ts';

/** The calls of the program in the code blocks and code spans of a Markdown text, without its name, each once. */
export function quotedCommands(text: string): string[] {
  const code = text
    .split('\n')
    .flatMap((line) =>
      /^ {4,}\S/.test(line) ? [line] : [...line.matchAll(/`(hpc-collector [^`]+)`/g)].map(([, span]) => span ?? ''),
    );
  const calls = code.flatMap((line) =>
    [...line.matchAll(/(?:^|[\s(])hpc-collector ((?!help TOPIC|hpc-)(?:[a-z]+ ?)+(?:[^#|>)']|'[^']*')*)/g)].map(
      ([, call = '']) => call.trim(),
    ),
  );
  return [...new Set(calls)];
}

/**
 * Runs a call with a flag that no command has, which is refused only after everything before it was understood; nothing
 * is done.
 */
export function parses(line: string): { readonly exit: number | null; readonly isUnderstood: boolean } {
  const env = { PATH: '/nonexistent', HOME: '/nonexistent' };
  const { exit, stderr } = run([binary, ...wordsOf(line), '--no-such-flag'], { env });
  return { exit, isUnderstood: stderr.includes('no flag --no-such-flag') };
}

/** Splits a line as a shell would, as far as the manual needs it. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
}
