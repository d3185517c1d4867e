import { spyOn } from 'bun:test';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { CommandDefinition } from '../../../src/commands/tree.ts';
import * as programs from '../../../src/exec/local-program.ts';
import type { Installation } from '../../../src/install/installation.ts';
import * as ownFiles from '../../../src/install/own-files.ts';
import { quickDirectory } from '../../support/files.ts';
import { runInProcess } from '../../support/in-process.ts';

const root: CommandDefinition = {
  subCommands: {
    install: () => import('../../../src/commands/install/install.ts').then((module) => module.installCommand),
  },
};

/** Names of users and groups, as getent(1) answers them. */
const names: Readonly<Record<string, string>> = { 'passwd 0': 'root', 'passwd 1000': 'ada', 'group 1000': 'staff' };

/** A host on which `install` changes nothing real: its crontab, its systemd and the files of its packages are ours. */
export function installHost(uid: number) {
  const { path: directory, remove } = quickDirectory();
  const config = join(directory, 'hpc-collector');
  const env = { HOME: directory, XDG_CONFIG_HOME: directory, XDG_STATE_HOME: directory };
  const host = {
    directory,
    config,
    /** The calls of crontab(1) and systemctl(1). */
    asked: [] as string[],
    crontab: '',
    /** The reasons of calls of systemctl(1) that fail, by their words. */
    failing: {} as Record<string, string>,
    files: new Map<string, string>(),
    /** What the files of others say. */
    fileFailure: null as Error | null,
    run: (...words: string[]) => host.runWith({}, ...words),
    runWith: (own: Readonly<Record<string, string>>, ...words: string[]) =>
      runInProcess(root, ['install', ...words], { ...env, ...own }),
    configure: (file: string, text: string) => writeFileSync(join(config, file), text),
    /** What is installed here, with no systems named. */
    installation: {
      binary: process.execPath,
      flags: [],
      systems: [],
      environment: { XDG_CONFIG_HOME: directory, XDG_STATE_HOME: directory },
      host: hostname(),
      user: names[`passwd ${uid}`] ?? String(uid),
      isRoot: uid === 0,
    } satisfies Installation,
    remove() {
      for (const spy of spies) spy.mockRestore();
      remove();
    },
  };
  const spies = [
    spyOn(process, 'getuid').mockReturnValue(uid),
    spyOn(programs, 'runProgram').mockImplementation(async (argv) => {
      const [program = '', ...words] = argv;
      if (program === 'getent') return done(`${names[words.join(' ')] ?? ''}:x:`);
      host.asked.push([program, ...words.map((word) => (word.startsWith('/') ? 'FILE' : word))].join(' '));
      const reason = host.failing[words.join(' ')];
      if (reason !== undefined) return { kind: 'failed', reason, stderr: '' };
      if (program !== 'crontab') return done('');
      const [file = ''] = words;
      if (file === '-l') return done(host.crontab);
      host.crontab = file === '-r' ? '' : readFileSync(file, 'latin1');
      return done('');
    }),
    spyOn(ownFiles, 'writeOwnFile').mockImplementation((file, text) => {
      if (host.fileFailure) throw host.fileFailure;
      if (host.files.get(file) === text) return false;
      host.files.set(file, text);
      return true;
    }),
    spyOn(ownFiles, 'hasOwnFile').mockImplementation((file) => host.files.has(file)),
    spyOn(ownFiles, 'removeOwnFile').mockImplementation((file) => {
      if (host.fileFailure) throw host.fileFailure;
      return host.files.delete(file);
    }),
  ];
  mkdirSync(config);
  return host;
}

function done(output: string): { kind: 'done'; output: Buffer<ArrayBuffer> } {
  return { kind: 'done', output: Buffer.from(output, 'latin1') };
}

/** What a command that is refused returns. */
export function refused(words: string) {
  return { exit: 2, stdout: '', stderr: `hpc-collector: ${words}\n` };
}

/** What a command that says only this returns. */
export function said(...lines: readonly string[]) {
  return { exit: 0, stdout: lines.map((line) => `${line}\n`).join(''), stderr: '' };
}
