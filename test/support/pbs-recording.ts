import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { fixtures } from './systems.ts';

const header = '{\n\t"timestamp":\t1,\n\t"pbs_version":\t"23.06.06",\n\t"pbs_server":\t"s"\n}\n';

/** What a server without nodes, jobs and reservations answers. */
const empty = {
  'pbsnodes -aj -F json': header,
  'qstat -f -F json': header,
  'qstat -Q -f -F json': header,
  'qstat -Qa': '',
  'pbs_rstat -f': '',
};

/** The text of a file of `fixtures/cases`. */
export function caseFile(name: string): string {
  return readFileSync(join(fixtures, 'cases', name), 'utf8');
}

/** Makes a folder for `--replay`: what PBS commands print on `host`, by their words; an empty server but for these. */
export function pbsRecording(folder: string, host: string, outputs: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true });
  const commands = Object.entries({ ...empty, ...outputs }).map(([words, text], index) => {
    const stdout = `${index}.txt`;
    writeFileSync(join(folder, stdout), text);
    return { host, argv: words.split(' '), exit: 0, stdout };
  });
  writeFileSync(join(folder, 'recording.yaml'), stringify({ commands }));
  return folder;
}
