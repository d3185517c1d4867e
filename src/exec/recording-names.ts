import { basename } from 'node:path';
import type { Command } from './command.ts';

/** Long enough to know a command by, short enough for a listing. */
const maxStemLength = 60;

/**
 * Gives each command of a recording the names of its files, from its host and arguments, each once:
 * `derecho-pbsnodes-aj-F-json.json`. Case does not tell names apart, as a recording may be unpacked on a Mac.
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
