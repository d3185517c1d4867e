import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { temporaryDirectory } from './files.ts';
import { install, loginNodePrograms, playback } from './playback.ts';
import type { Ran } from './run.ts';
import { type Running, type StartOptions, start } from './start.ts';

export const binary = join(import.meta.dir, '../../dist/hpc-collector');
export const fixtures = join(import.meta.dir, '../../fixtures');

export const credentials = { user: 'collector', password: 'correct-horse-battery-staple' } as const;

/** A host for the binary to run on, with a home, a configuration and a state of its own. */
export type Site = {
  readonly directory: string;
  readonly configDirectory: string;
  readonly outbox: string;
  readonly logFile: string;
  /** The whole environment of what runs here. */
  readonly env: Record<string, string>;
  /** Writes a file of the configuration; `env` for its owner only. */
  configure(file: string, text: string): void;
  /** Configures a system whose commands run here and answer from a recording; gives the folder of the programs. */
  localSystem(name: string, options?: { readonly recording?: string; readonly yaml?: string }): string;
  /** Configures the API's address and the credentials. */
  api(url: string): void;
  run(...args: string[]): Promise<Ran>;
  start(args: readonly string[], options?: Partial<StartOptions>): Running;
  /** Runs it as cron does: what `run`, `collect` and `drain` log is shown by `run` and `start` above, but not here. */
  runUnwatched(...args: string[]): Promise<Ran>;
  startUnwatched(...args: string[]): Running;
  /** A `serve` that has its port and knows the credentials. */
  serve(options?: { readonly listen?: string }): Promise<{ readonly url: string; readonly process: Running }>;
  /** `outbox ls --json`. */
  entries(state?: string): Promise<EntryJson[]>;
  /** Every file of the site, as text. */
  everything(): string;
  /** Ends what was started here and removes it all. */
  remove(): Promise<void>;
};

export type EntryJson = { readonly id: string; readonly stream: string; readonly state: string } & Readonly<
  Record<string, unknown>
>;

/** Answers for recordings without a df: this machine has no such filesystem. */
const campaignDf = '#!/bin/sh\necho header\necho 1000 500 100 50 /glade/campaign\n';

export function newSite(): Site {
  const temporary = temporaryDirectory();
  const directory = temporary.path;
  const configDirectory = join(directory, 'config/hpc-collector');
  const state = join(directory, 'state/hpc-collector');
  mkdirSync(configDirectory, { recursive: true });
  const env = {
    // Commands are found by `search_path` alone.
    PATH: '/nonexistent',
    HOME: join(directory, 'home'),
    XDG_CONFIG_HOME: join(directory, 'config'),
    XDG_STATE_HOME: join(directory, 'state'),
  };
  const started: Running[] = [];

  const begin = (args: readonly string[], options: Partial<StartOptions> = {}): Running => {
    const running = start([binary, ...args], { env, cwd: directory, ...options });
    started.push(running);
    return running;
  };

  const site: Site = {
    directory,
    configDirectory,
    outbox: join(state, 'outbox.db'),
    logFile: join(state, 'collector.log'),
    env,
    configure(file, text) {
      writeFileSync(join(configDirectory, file), text);
      if (file === 'env') chmodSync(join(configDirectory, file), 0o600);
    },
    localSystem(name, { recording = 'casper', yaml = '' } = {}) {
      const programs = join(directory, `${name}-programs`);
      install(programs, { df: campaignDf, ...playback(join(fixtures, recording)), ...loginNodePrograms });
      site.configure(
        `${name}.yaml`,
        `pbs_host: null
login_nodes: [{ name: here, host: '${hostname()}' }]
login_nodes_via: direct
mounts: { campaign: /glade/campaign }
filesystems: [campaign]
search_path: ['${programs}', /usr/bin, /bin]
${yaml}`,
      );
      return programs;
    },
    api: (url) =>
      site.configure(
        'env',
        `STATUS_API_URL=${url}\nSTATUS_API_USER=${credentials.user}\nSTATUS_API_PASSWORD=${credentials.password}\n`,
      ),
    run: (...args) => site.start(args).ended,
    start: (args, options) => begin(watched(args), options),
    runUnwatched: (...args) => begin(args).ended,
    startUnwatched: (...args) => begin(args),
    async serve({ listen = '127.0.0.1:0' } = {}) {
      const database = join(directory, 'receiver.db');
      const adding = site.start(
        ['serve', 'user', 'add', credentials.user, '--password-stdin', '--database', database],
        {
          stdin: `${credentials.password}\n`,
        },
      );
      const { exit, stderr } = await adding.ended;
      if (exit !== 0) throw new Error(`serve user add: ${stderr}`);
      const server = site.start(['serve', '--listen', listen, '--database', database]);
      const [, url = ''] = await server.said(/Listening on (\S+)/);
      return { url, process: server };
    },
    async entries(state = 'all') {
      const { stdout } = await site.run('outbox', 'ls', '--state', state, '--json');
      return stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as EntryJson);
    },
    everything: () =>
      readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((file) => file.isFile())
        .map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'))
        .join('\n'),
    async remove() {
      for (const running of started) running.kill('SIGKILL');
      await Promise.all(started.map((running) => running.ended));
      temporary.remove();
    },
  };
  return site;
}

/** Without a terminal these commands say only what changed; tests look at all that they log. */
function watched(args: readonly string[]): readonly string[] {
  const isRoutine = ['run', 'collect', 'drain'].some((command) => args[0] === command);
  return isRoutine && !args.some((arg) => ['-q', '--quiet', '-v', '--verbose'].includes(arg)) ? [...args, '-v'] : args;
}
