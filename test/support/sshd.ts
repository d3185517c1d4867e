import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { temporaryDirectory } from './files.ts';
import { install } from './playback.ts';
import { freePorts } from './ports.ts';
import { unknownHost } from './unknown-host.ts';
import { until } from './until.ts';

const sshd = Bun.which('sshd', { PATH: '/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin' });

/** Whether far sides can be started here; tests skip by it. */
export const sshdInstalled = sshd !== null && Bun.which('ssh') !== null && Bun.which('ssh-keygen') !== null;

/** Aliases that the ssh configuration of every far side knows, beside those that are asked for. */
export const trouble = {
  /** Takes the connection and says nothing. */
  mute: 'mute',
  /** Would ask for a password. */
  passwordOnly: 'password-only',
  /** Its host key is not known. */
  stranger: 'stranger',
  /** Its host key is not the known one. */
  impostor: 'impostor',
  /** Nothing listens on its port. */
  refusing: 'refusing',
  /** Its name cannot be resolved. */
  nameless: 'nameless',
  /** Hangs up on as many connections as `dropNext` said, then behaves. */
  dropping: 'dropping',
  /** Its users' login shell is tcsh. */
  tcsh: 'tcsh-login',
  /** Its users' login shell is fish. */
  fish: 'fish-login',
  /** Its users' login shell is zsh. */
  zsh: 'zsh-login',
  /** It runs a command of its own in place of any other. */
  forced: 'forced',
  /** Its users' login shell sleeps before it does anything. */
  slow: 'slow-login',
} as const;

/** What `trouble.forced` prints. */
export const forcedWords = 'This account may only copy files.';

export type FarSideOptions = {
  /** Aliases of hosts that work; all of them are this machine, under our own user. */
  readonly hosts: readonly string[];
  /** Programs that the hosts have on their PATH: name and text, with its `#!` line. */
  readonly programs?: Readonly<Record<string, string>>;
  /** Files in the home directory of the hosts' user, such as `.bashrc`. */
  readonly home?: Readonly<Record<string, string>>;
};

export type FarSide = {
  /** For `ssh -F`; the hosts use it too when they go on to each other. */
  readonly configFile: string;
  /** The first directory on the PATH of the hosts; more programs may be put there. */
  readonly programDirectory: string;
  /** A directory that goes when the far side stops. */
  readonly directory: string;
  /** The next connections to `dropping` are closed before a word is said. */
  dropNext(connections: number): void;
  /** How many connections `dropping` was asked for. */
  dropConnections(): number;
  stop(): Promise<void>;
};

/**
 * Starts an sshd on loopback with keys of its own, reachable by the given aliases, and hosts in every kind of
 * trouble. The mute and the dropping one live in this process: it must not block while they are talked to.
 */
export async function startSshd(options: FarSideOptions): Promise<FarSide> {
  if (sshd === null) throw new Error('sshd is not installed');
  const temporary = temporaryDirectory();
  const directory = temporary.path;
  const programDirectory = join(directory, 'bin');
  const configFile = join(directory, 'ssh_config');
  mkdirSync(programDirectory);
  // Without our own start files, which may change PATH and take their time.
  mkdirSync(join(directory, 'home'));
  for (const [name, text] of Object.entries(options.home ?? {})) {
    const file = join(directory, 'home', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  for (const key of ['host_key', 'other_host_key', 'user_key']) makeKey(join(directory, key));

  const forced = Object.entries(forcedCommands);
  const plain = await freePorts(3 + forced.length);
  const forcedPorts = forced.map(([name, command], index) => ({ name, command, port: plain + 3 + index }));
  const ports = { plain, password: plain + 1, forced: forcedPorts };
  const sockets = new Set<Socket>();
  const mute = await listen((socket) => sockets.add(socket));
  let drops = 0;
  let connections = 0;
  const dropping = await listen((socket) => {
    connections += 1;
    drops -= 1;
    if (drops >= 0) return socket.destroy();
    const onward = connect(ports.plain, '127.0.0.1');
    for (const end of [socket, onward]) end.on('error', () => {}) && sockets.add(end);
    return socket.pipe(onward).pipe(socket);
  });

  const publicKey = readFileSync(join(directory, 'user_key.pub'), 'utf8');
  writeFileSync(join(directory, 'authorized_keys'), publicKey);
  const hostKey = readFileSync(join(directory, 'host_key.pub'), 'utf8');
  const otherKey = readFileSync(join(directory, 'other_host_key.pub'), 'utf8');
  writeFileSync(join(directory, 'known_hosts'), `known ${hostKey}${trouble.impostor} ${otherKey}`);
  const aliases: readonly Alias[] = [
    ...options.hosts.map((name) => ({ name, port: ports.plain })),
    { name: trouble.mute, port: mute.port },
    { name: trouble.passwordOnly, port: ports.password },
    { name: trouble.stranger, port: ports.plain, knownAs: trouble.stranger },
    { name: trouble.impostor, port: ports.plain, knownAs: trouble.impostor },
    { name: trouble.refusing, port: plain + 2 },
    { name: trouble.nameless, port: ports.plain, address: unknownHost },
    { name: trouble.dropping, port: dropping.port },
    ...forcedPorts.map(({ name, port }) => ({ name, port })),
  ];
  writeFileSync(configFile, aliases.map((alias) => clientConfig(alias, directory)).join('\n'));

  // What the hosts call `ssh` uses this configuration as well, since their user is ours.
  const ssh = `#!/bin/sh\nexec ${Bun.which('ssh')} -F ${configFile} "$@"\n`;
  install(programDirectory, { ssh, ...options.programs });

  const log = join(directory, 'sshd.log');
  writeFileSync(join(directory, 'sshd_config'), serverConfig(directory, programDirectory, ports));
  // Privilege separation insists on its empty directory, which only the service's start script makes.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const server = Bun.spawn([sshd, '-D', '-E', log, '-f', join(directory, 'sshd_config')], { stderr: 'inherit' });
  await until(() => countIn(log, 'Server listening on') === 2 + forced.length, `sshd listens (${log})`);

  return {
    configFile,
    programDirectory,
    directory,
    dropNext: (count) => {
      drops = count;
      connections = 0;
    },
    dropConnections: () => connections,
    async stop() {
      server.kill();
      await server.exited;
      for (const socket of sockets) socket.destroy();
      for (const each of [mute, dropping]) each.server.close();
      temporary.remove();
    },
  };
}

/** What sshd runs in place of the login shell's command, by the alias of the host. */
const forcedCommands = {
  [trouble.tcsh]: 'exec tcsh -c "$SSH_ORIGINAL_COMMAND"',
  [trouble.fish]: 'exec fish -c "$SSH_ORIGINAL_COMMAND"',
  [trouble.zsh]: 'exec zsh -c "$SSH_ORIGINAL_COMMAND"',
  [trouble.forced]: `echo "${forcedWords}"`,
  [trouble.slow]: 'exec sleep 60',
};

type Alias = {
  readonly name: string;
  readonly port: number;
  readonly address?: string;
  /** Its name in `known_hosts`. */
  readonly knownAs?: string;
};

function clientConfig({ name, port, address = '127.0.0.1', knownAs = 'known' }: Alias, directory: string): string {
  return `Host ${name}
  HostName ${address}
  Port ${port}
  HostKeyAlias ${knownAs}
  IdentityFile ${join(directory, 'user_key')}
  IdentitiesOnly yes
  UserKnownHostsFile ${join(directory, 'known_hosts')}
  GlobalKnownHostsFile /dev/null
  KexAlgorithms curve25519-sha256
`;
}

type Ports = {
  readonly plain: number;
  readonly password: number;
  readonly forced: readonly { readonly port: number; readonly command: string }[];
};

function serverConfig(directory: string, programDirectory: string, ports: Ports): string {
  return `${[ports.plain, ports.password, ...ports.forced.map(({ port }) => port)].map((port) => `Port ${port}`).join('\n')}
ListenAddress 127.0.0.1
HostKey ${join(directory, 'host_key')}
AuthorizedKeysFile ${join(directory, 'authorized_keys')}
PidFile none
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 200
SetEnv PATH=${programDirectory}:/usr/bin:/bin HOME=${join(directory, 'home')}
${punishesFailures() ? 'PerSourcePenalties no' : ''}
Match LocalPort ${ports.password}
  PubkeyAuthentication no
  PasswordAuthentication yes
${ports.forced.map(({ port, command }) => `Match LocalPort ${port}\n  ForceCommand ${command}`).join('\n')}
`;
}

/** Since 9.8 sshd shuts out an address after failed logins, of which these tests make many; older ones refuse the option. */
function punishesFailures(): boolean {
  const version = /OpenSSH_(\d+)\.(\d+)/.exec(Bun.spawnSync(['ssh', '-V']).stderr.toString());
  return Number(version?.[1]) * 100 + Number(version?.[2]) >= 908;
}

function makeKey(path: string): void {
  const { exitCode, stderr } = Bun.spawnSync(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', path]);
  if (exitCode !== 0) throw new Error(`ssh-keygen failed: ${stderr}`);
}

async function listen(onConnection: (socket: Socket) => unknown): Promise<{ server: Server; port: number }> {
  const server = createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

function countIn(file: string, text: string): number {
  try {
    return readFileSync(file, 'utf8').split(text).length - 1;
  } catch {
    return 0;
  }
}
