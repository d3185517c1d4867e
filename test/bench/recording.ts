import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomFrom } from './random.ts';

/** A recording of Derecho's 2,570 nodes. */
const fixture = join(import.meta.dir, '../../fixtures/derecho');

/** What one job takes in `qstat -f -F json` on a real system, on average. */
const bytesOfJob = 3600;

/** How many jobs fit on all nodes together: most share theirs with others, and what finds no place is pending. */
const hostPlaces = 8 * 2570;

const users = 400;

/** How many kinds of jobs each user has: people submit the same thing again and again. */
const kindsOfUser = 4;

/** The file in the recording that holds the jobs. */
export const jobsFile = 'qstat-f.json';

/**
 * Makes a recording like the fixture's but with so many jobs: each has the shape of one of the fixture's, with another
 * id, owner, account and nodes, and an environment that fills it up to 3.6 kB. The same number gives the same bytes.
 */
export async function makeRecording(directory: string, jobs: number): Promise<void> {
  cpSync(fixture, directory, { recursive: true });
  const text = readFileSync(join(fixture, jobsFile), 'utf8');
  const start = text.indexOf('\n\t\t"') + 1;
  const end = text.indexOf('\n\t}\n', start);
  const shapes = text
    .slice(start, end)
    .split(/,\n(?=\t\t")/)
    .map(shapeOf);
  const random = randomFrom(jobs);
  let places = hostPlaces;
  const pick = (): { user: number; shape: Shape } => {
    for (;;) {
      const user = random(users);
      const shape = shapes[(user * 7 + random(kindsOfUser) * 61) % shapes.length];
      if (shape && shape.hosts <= places) return { user, shape };
    }
  };
  const writer = Bun.file(join(directory, jobsFile)).writer({ highWaterMark: 4 * 1024 * 1024 });
  writer.write(text.slice(0, start));
  let written = 0;
  for (let index = 0; index < jobs; index++) {
    const { user, shape } = pick();
    places -= shape.hosts;
    // Wide jobs are longer than 3.6 kB; those behind them make up for it.
    const job = jobOf(shape.text, { index, user, random }, (index + 1) * bytesOfJob - written);
    written += job.length;
    writer.write(index === 0 ? job : `,\n${job}`);
    if (index % 1000 === 999) await writer.flush();
  }
  writer.write(text.slice(end));
  await writer.end();
}

/** What differs from job to job, as it stands in a shape. */
const blank = { id: '\u0001', user: '\u0002', account: '\u0003', environment: '\u0004' } as const;

/** A record of the fixture with blanks in place of what differs, and on how many hosts it runs. */
type Shape = { readonly text: string; readonly hosts: number };

function shapeOf(record: string): Shape {
  const user = /"euser":\t"(\w+)"/.exec(record)?.[1] ?? 'nobody';
  const account = /"Account_Name":\t"(\w+)"/.exec(record)?.[1] ?? 'none';
  const text = record
    .replace(/^\t\t"\d+/, `\t\t"${blank.id}`)
    .replaceAll(user, blank.user)
    .replaceAll(account, blank.account)
    .replace('"Variable_List":\t{', `$&${blank.environment}`);
  return { text, hosts: /"exec_host":\t"(.*)"/.exec(record)?.[1]?.split('+').length ?? 0 };
}

function jobOf(
  shape: string,
  { index, user, random }: { index: number; user: number; random: (below: number) => number },
  length: number,
): string {
  // A user works for one or two projects, a project has several users.
  const account = (user + 100 * random(2)) % 150;
  const shift = random(2000);
  const job = shape
    .replaceAll(blank.id, String(100_000 + index))
    .replaceAll(blank.user, `user${String(user).padStart(4, '0')}`)
    .replaceAll(blank.account, `UCOR${String(account).padStart(4, '0')}`)
    .replace(/dec(\d{4})/g, (_, node) => `dec${String((Number(node) + shift) % 2488).padStart(4, '0')}`);
  return job.replace(blank.environment, () => environmentOf(length - job.length));
}

/** Variables of a login shell with its modules, over and over, cut off at the length. */
function environmentOf(length: number): string {
  let text = '';
  for (let index = 0; ; index++) {
    const [name, value] = variables[index % variables.length] ?? ['', ''];
    const line = (content: string) =>
      `\n\t\t\t\t"${name}${index < variables.length ? '' : `_${index}`}":\t"${content}",`;
    const room = length - text.length - line('').length;
    if (room < value.length) return room < 0 ? text : text + line('x'.repeat(room));
    text += line(value);
  }
}

const variables: readonly (readonly [string, string])[] = [
  ['LMOD_SYSTEM_NAME', 'derecho'],
  ['LOADEDMODULES', 'ncarenv/23.09:craype/2.7.31:intel/2024.2.1:ncarcompilers/1.0.0:cray-mpich/8.1.29:netcdf/4.9.2'],
  ['MODULEPATH', '/glade/u/apps/derecho/modules/23.09/Core:/glade/u/apps/derecho/modules/environment'],
  ['LD_LIBRARY_PATH', '/glade/u/apps/derecho/23.09/opt/lib:/opt/cray/pe/mpich/8.1.29/ofi/intel/2022.1/lib'],
  ['MANPATH', '/opt/cray/pe/man:/opt/pbs/share/man:/usr/share/man:/usr/local/share/man'],
  ['API_TOKEN', 'ghp_0123456789abcdefghijklmnopqrstuvwxyz'],
  ['BASH_FUNC_ml%%', '() {  eval \\"$($LMOD_DIR/ml_cmd \\\\\\"$@\\\\\\")\\"\\n}'],
  ['PROMPT_COMMAND', 'printf \\"\\\\033]0;%s@%s\\\\007\\" \\"$USER\\" \\"$HOSTNAME\\"'],
];
