import { basename } from 'node:path';
import type { Command } from './command.ts';

/** The longest file name: enough to recognise a command, short enough for a listing. */
const maxStemLength = 60;

/**
 * Returns a function that names the files of each command of a recording, from its host and arguments, such as
 * `derecho-pbsnodes-aj-F-json.json`. No name is used twice. Names that differ only in case count as equal, because some
 * file systems ignore case.
 */
export function recordingFileNames(): (command: Pick<Command, 'host' | 'argv'>) => { stdout: string; stderr: string } {
  const taken = new Set<string>();
  return ({ host, argv }) => {
    const [program, ...rest] = argv;
    const words = [...(host === null ? [] : [host]), basename(program), ...rest].map((word) =>
      word.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, ''),
    );
    const stem =
      words
        .filter((word) => word !== '')
        .join('-')
        .slice(0, maxStemLength) || 'command';
    let unique = stem;
    for (let count = 2; taken.has(unique.toLowerCase()); count += 1) unique = `${stem}-${count}`;
    taken.add(unique.toLowerCase());
    const extension = argv.some((word) => /json/i.test(word)) ? 'json' : 'txt';
    return { stdout: `${unique}.${extension}`, stderr: `${unique}.stderr.txt` };
  };
}
