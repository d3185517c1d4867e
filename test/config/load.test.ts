import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { learnSettings } from '../../src/config/learn-secrets.ts';
import { knownSystems, loadConfig, loadSystem, systemLayers } from '../../src/config/load.ts';
import { defaultConfigDirectory, defaultStateDirectory } from '../../src/config/paths.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { printable } from '../../src/lib/text.ts';
import { classify } from '../../src/snapshot/classify.ts';
import { temporaryDirectory } from '../support/files.ts';
import { asCluster, fixtures, systemOf } from '../support/systems.ts';

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory.remove());

function write(name: string, text: string, mode = 0o600): string {
  const file = join(directory.path, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

const load = (environment: Record<string, string> = {}) =>
  loadConfig(directory.path, { HOME: '/nowhere', ...environment });
const system = (name: string, environment: Record<string, string> = {}) =>
  asCluster(loadSystem(name, load(environment)));

/** The words of the operator error that this throws. */
function refusal(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('nothing configured', () => {
  test('gives no address, no credentials and the documented defaults', () => {
    const { sam, collector } = load();
    expect(sam).toMatchObject({
      baseUrl: null,
      credentials: null,
      timeout: 30,
      max_per_minute: 60,
      max_body_bytes: 2 ** 20,
      allow_insecure_http: false,
    });
    expect(collector).toMatchObject({ systems: [], on_failed_probe: 'last-known', log: { format: 'text' } });
  });

  test('still has Derecho and Casper, with the documented time-outs', () => {
    expect(knownSystems(load())).toEqual(expect.arrayContaining(['casper', 'derecho']));
    expect(system('derecho')).toMatchObject({
      scheduler_host: 'derecho',
      timezone: 'America/Denver',
      timeouts: { command: 30, connect: 10 },
      on_failed_probe: 'last-known',
      degraded_above: 90,
      load_as: 'raw',
      max_output_mib: { scheduler: 1024, host: 1 },
    });
    expect(system('derecho').filesystems).toEqual([
      { name: 'glade', path: '/glade/u/home' },
      { name: 'campaign', path: '/glade/campaign' },
      { name: 'derecho_scratch', path: '/glade/derecho/scratch' },
    ]);
  });
});

describe('who wins: environment, env file, YAML, default', () => {
  const yaml = 'destinations: { sam: { url: https://yaml.example, timeout: 11 } }\n';
  const env = 'STATUS_API_URL=https://file.example\nAPI_TIMEOUT=12\nSTATUS_API_USER=file\nSTATUS_API_PASSWORD=secret\n';
  const environment = {
    STATUS_API_URL: 'https://environment.example',
    API_TIMEOUT: '13',
    STATUS_API_USER: 'environment',
  };

  test.each([
    ['default', false, false, false, null, 30, null],
    ['YAML', true, false, false, 'https://yaml.example', 11, null],
    ['env file', true, true, false, 'https://file.example', 12, 'file'],
    ['environment', true, true, true, 'https://environment.example', 13, 'environment'],
  ])('%s', (_, hasYaml, hasFile, hasEnvironment, url, timeout, user) => {
    if (hasYaml) write('collector.yaml', yaml);
    if (hasFile) write('env', env);
    const { sam } = load(hasEnvironment ? environment : {});
    expect(sam.baseUrl).toBe(url);
    expect(sam.timeout).toBe(timeout);
    expect(sam.credentials?.user ?? null).toBe(user);
  });

  test.each([
    ['default', {}, '', 30, 10],
    ['YAML', {}, 'timeouts: { command: 5, connect: 6 }', 5, 6],
    ['environment', { PBS_COMMAND_TIMEOUT: '7', SSH_TIMEOUT: '8' }, 'timeouts: { command: 5, connect: 6 }', 7, 8],
  ])('time-outs of a system: %s', (_, variables, text, command, connect) => {
    write('derecho.yaml', text);
    expect(system('derecho', variables as Record<string, string>).timeouts).toEqual({ command, connect });
  });

  test('an empty variable is not set', () => {
    write('env', 'STATUS_API_URL=https://file.example\n');
    expect(load({ STATUS_API_URL: '' }).sam.baseUrl).toBe('https://file.example');
  });

  test("a system's own choice for failed probes wins over that for all", () => {
    write('collector.yaml', 'on_failed_probe: zero\n');
    write('casper.yaml', 'on_failed_probe: skip\n');
    expect([system('derecho').on_failed_probe, system('casper').on_failed_probe]).toEqual(['zero', 'skip']);
  });
});

describe('names for the same thing', () => {
  test.each([
    [{ STATUS_API_URL: 'https://a.example' }, 'https://a.example'],
    [{ SAM_API_URL: 'https://a.example/api/v1/status' }, 'https://a.example'],
    [{ SAM_API_URL: 'https://a.example/api/v1/status/' }, 'https://a.example'],
    [{ STATUS_API_URL: 'https://a.example/sam//' }, 'https://a.example/sam'],
    [{ STATUS_API_URL: ' https://a.example/ ' }, 'https://a.example'],
    [{ STATUS_API_URL: 'https://a.example', SAM_API_URL: 'https://a.example/api/v1/status/' }, 'https://a.example'],
  ])('%j is %p', (environment, expected) => {
    expect(load(environment as unknown as Record<string, string>).sam.baseUrl).toBe(expected);
  });

  test.each([
    [{ STATUS_API_USER: 'u', STATUS_API_PASSWORD: 'p' }],
    [{ SAM_API_USER: 'u', SAM_API_PASSWORD: 'p' }],
    [{ STATUS_API_USER: 'u', STATUS_API_KEY: 'p' }],
    [{ STATUS_API_USER: 'u', SAM_API_USER: 'u', STATUS_API_KEY: 'p', SAM_API_PASSWORD: 'p' }],
  ])('%j are credentials', (environment) => {
    expect(load(environment as unknown as Record<string, string>).sam.credentials).toEqual({
      user: 'u',
      password: 'p',
    });
  });

  test.each([
    [{ STATUS_API_URL: 'https://a.example', SAM_API_URL: 'https://b.example' }, 'STATUS_API_URL and SAM_API_URL'],
    [{ STATUS_API_USER: 'a', SAM_API_USER: 'b' }, 'STATUS_API_USER and SAM_API_USER'],
    [{ STATUS_API_PASSWORD: 'a', STATUS_API_KEY: 'b' }, 'STATUS_API_PASSWORD and STATUS_API_KEY'],
    [{ STATUS_API_KEY: 'a', SAM_API_PASSWORD: 'b' }, 'STATUS_API_KEY and SAM_API_PASSWORD'],
  ])('%j contradict each other, and no secret is shown', (environment, names) => {
    expect(refusal(() => load(environment as unknown as Record<string, string>))).toBe(
      `${names} contradict each other: set only one of them`,
    );
  });

  test('one in the environment replaces the other in the env file', () => {
    write('env', 'SAM_API_URL=https://file.example\nSAM_API_USER=file\nSTATUS_API_KEY=old-password\n');
    const { sam } = load({
      STATUS_API_URL: 'https://b.example',
      STATUS_API_USER: 'me',
      STATUS_API_PASSWORD: 'new-password',
    });
    expect(sam).toMatchObject({ baseUrl: 'https://b.example', credentials: { user: 'me', password: 'new-password' } });
  });

  test('a user without a password is not used as credentials', () => {
    expect(load({ STATUS_API_USER: 'u' }).sam.credentials).toBeNull();
  });
});

describe('the address of the API', () => {
  test.each([
    'http://localhost:5050',
    'http://127.0.0.1:5050',
    'http://127.1.2.3',
    'http://[::1]:80',
    'https://sam.example',
  ])('%p is taken', (url) => {
    expect(load({ STATUS_API_URL: url }).sam.baseUrl).toBe(url);
  });

  test.each([
    ['http://sam.example', 'is plain HTTP and would show the password to the network'],
    ['http://127.0.0.1.example', 'is plain HTTP'],
    ['http://localhost.example', 'is plain HTTP'],
    ['ftp://sam.example', 'is not an http or https URL'],
    ['sam.example', 'is not an http or https URL'],
    ['https://', 'is not an http or https URL'],
    ['https://me:secret@sam.example', 'has a user or password in it'],
  ])('%p is refused: %s', (url, words) => {
    const message = refusal(() => load({ STATUS_API_URL: url }));
    expect(message).toContain(words);
    expect(message).not.toContain('secret');
  });

  test('may be plain HTTP where that is allowed', () => {
    write('collector.yaml', 'destinations: { sam: { url: http://sam.example, allow_insecure_http: true } }\n');
    expect(load().sam.baseUrl).toBe('http://sam.example');
  });
});

describe('the env file', () => {
  test.each([0o600, 0o400, 0o700])('of mode %o is read', (mode) => {
    write('env', 'STATUS_API_URL=https://a.example\n', mode);
    expect(load().sam.baseUrl).toBe('https://a.example');
  });

  test.each([0o640, 0o604, 0o644, 0o660, 0o620, 0o602, 0o611])('of mode %o is refused, with the remedy', (mode) => {
    const file = write('env', 'STATUS_API_PASSWORD=secret\n', mode);
    const message = refusal(() => load());
    expect(message).toContain(`(mode ${mode.toString(8)})`);
    expect(message).toContain(`chmod 600 ${file}`);
    expect(message).not.toContain('secret');
  });

  test('may quote, comment and export', () => {
    write('env', '# ours\nexport STATUS_API_USER="me"\nSTATUS_API_PASSWORD=\'a #b$c\'\n\nAPI_TIMEOUT=5 # seconds\n');
    expect(load().sam).toMatchObject({ credentials: { user: 'me', password: 'a #b$c' }, timeout: 5 });
  });

  test('that is a directory is refused with a clear error', () => {
    mkdirSync(join(directory.path, 'env'), { mode: 0o700 });
    expect(refusal(() => load())).toContain(join(directory.path, 'env'));
  });

  test.each(['0', '-1', 'soon', '3601', 'NaN'])('a time-out of %p is refused', (value) => {
    expect(refusal(() => load({ API_TIMEOUT: value }))).toBe(
      `API_TIMEOUT is '${value}': it must be a number of seconds from 1 to 3600`,
    );
  });
});

describe('an unknown setting is named, with the nearest known one', () => {
  test.each([
    ['collector.yaml', 'sytems: [derecho]', "unknown setting 'sytems' (did you mean 'systems'?)"],
    [
      'collector.yaml',
      'destinations: { sam: { max_per_minut: 3 } }',
      "unknown setting 'destinations.sam.max_per_minut' (did you mean 'max_per_minute'?)",
    ],
    ['collector.yaml', 'log: { fromat: json }', "unknown setting 'log.fromat' (did you mean 'format'?)"],
    ['derecho.yaml', 'login_node: []', "unknown setting 'login_node' (did you mean 'login_nodes'?)"],
    ['derecho.yaml', 'timeouts: { comand: 3 }', "unknown setting 'timeouts.comand' (did you mean 'command'?)"],
    [
      'derecho.yaml',
      'login_nodes: [{ name: a, typ: cpu }]',
      "unknown setting 'login_nodes.0.typ' (did you mean 'type'?)",
    ],
    [
      'derecho.yaml',
      'node_rules: [{ class: cpu, when: { resorces: {} } }]',
      "unknown setting 'node_rules.0.when.resorces' (did you mean 'resources'?)",
    ],
    ['derecho.yaml', 'zzzzzz: 1', "unknown setting 'zzzzzz'"],
  ])('%s: %s', (name, text, words) => {
    const file = write(name, `${text}\n`);
    const message = refusal(() => system('derecho'));
    expect(message.replace(/:1:\d+: /, ': ')).toStartWith(`${file}: ${words}`);
    expect(message).not.toContain('; ');
  });

  test('every problem is in the one line', () => {
    write('derecho.yaml', 'colour: red\nload_as: fast\nqueues: main\n');
    const message = refusal(() => system('derecho'));
    for (const words of ["unknown setting 'colour'", 'load_as: ', 'queues: ']) expect(message).toContain(words);
    expect(message.split('\n')).toHaveLength(1);
  });
});

describe('YAML that is wrong', () => {
  test.each([
    ['queues: [main\nload_as: raw\n', ':2:'],
    ['queues: [main\n', ':1:'],
    ['a: 1\na: 2\n', ':2:1: '],
    ['a:\n\t- 1\n', ':2:1: '],
    ['"unfinished\n', ':'],
  ])('%j is refused with file, line and column', (text, place) => {
    const file = write('derecho.yaml', text);
    const message = refusal(() => system('derecho'));
    expect(message).toStartWith(`${file}${place}`);
    expect(message).toMatch(/:\d+:\d+: /);
    expect(message.split('\n')).toHaveLength(1);
  });

  test.each(['- a\n- b\n', 'text\n', '42\n'])('%j is refused: it is no mapping', (text) => {
    const file = write('derecho.yaml', text);
    expect(refusal(() => system('derecho'))).toBe(`${file}:1:1: must be a mapping of settings`);
  });

  test('with aliases that expand exponentially is refused', () => {
    const lines = Array.from({ length: 30 }, (_, n) => `a${n}: &a${n} [${n === 0 ? 'x' : `*a${n - 1}, *a${n - 1}`}]`);
    const file = write('derecho.yaml', `${lines.join('\n')}\n`);
    expect(refusal(() => system('derecho'))).toStartWith(`${file}:1:1: Excessive alias count`);
  });

  test.each(['', '# nothing\n', '---\n'])('%j is no settings', (text) => {
    write('derecho.yaml', text);
    expect(system('derecho').scheduler_host).toBe('derecho');
  });

  test('a directory in the place of a file is refused with a clear error', () => {
    mkdirSync(join(directory.path, 'collector.yaml'));
    expect(refusal(() => load())).toStartWith(`${join(directory.path, 'collector.yaml')}: cannot be read: `);
  });
});

describe('a system', () => {
  test('is merged deeply over the built-in one; lists are replaced', () => {
    write(
      'casper.yaml',
      'mounts: { scratch: /glade/scratch }\nqueues: [x]\nnode_types: { htc: { cores_per_node: 99 } }\n',
    );
    const casper = system('casper');
    expect(casper.mounts).toMatchObject({ scratch: '/glade/scratch', glade: '/glade/u/home' });
    expect(casper.queues).toEqual(['x']);
    expect(casper.node_types.htc).toEqual({ cores_per_node: 99, memory_gb_per_node: 354 });
    expect(casper.node_types['gpu-a100']?.gpus_per_node).toBe(4);
  });

  test('of a site is a file of its own', () => {
    write('gust.yaml', 'pbs_host: gust\n');
    expect(system('gust')).toMatchObject({ system_name: 'gust', scheduler_host: 'gust', queues: [] });
    expect(knownSystems(load())).toContain('gust');
  });

  test('that does not exist is refused, with the nearest name', () => {
    expect(refusal(() => system('derech'))).toContain("there is no system 'derech': did you mean 'derecho'?");
    expect(refusal(() => system('zzzzzzzz'))).toContain('the known systems are casper, derecho');
  });

  test.each(['collector', 'node_types', '../derecho', 'a/b', '', '.', 'Derecho'])('cannot be called %p', (name) => {
    write('collector.yaml', '');
    write('node_types.yaml', '');
    expect(refusal(() => system(name))).not.toBe('');
  });

  test('whose file names another system is refused', () => {
    write('gust.yaml', 'system_name: derecho\n');
    expect(refusal(() => system('gust'))).toContain("system_name: it is 'derecho' but the file is for 'gust'");
  });

  test.each([
    ['scheduler_host: -oProxyCommand=evil', 'scheduler_host: is not a host name'],
    ['scheduler_host: "a b"', 'scheduler_host: is not a host name'],
    ['scheduler_host: "a;b"', 'scheduler_host: is not a host name'],
    ['scheduler_host: "-l@a"', 'scheduler_host: is not a host name'],
    ['scheduler_host: "a\\nb"', 'scheduler_host: is not a host name'],
    ['scheduler_host: ""', 'scheduler_host: is not a host name'],
    ['login_nodes: [{ name: a, host: "$(id)" }]', 'login_nodes.0.host: is not a host name'],
    ['login_nodes: [{ name: a, type: bogus }]', 'login_nodes.0.type: '],
    [`login_nodes: [{ name: ${'a'.repeat(33)} }]`, 'login_nodes.0.name: '],
    ['login_nodes: [{ name: "-v" }]', 'login_nodes.0.name: '],
    ['login_nodes: [{ name: "a b" }]', 'login_nodes.0.name: '],
    ['hosts: ["-x"]', 'hosts.0: is not a host name'],
    ['mounts: { home: home }', 'mounts.home: is not an absolute path'],
    ['mounts: { home: "/a\\nb" }', 'mounts.home: is not an absolute path'],
    ['search_path: [bin]', 'search_path.0: is not an absolute path'],
    ['ssh_config: config', 'ssh_config: is not an absolute path'],
    ['timezone: America/Denvre', 'timezone: is not an IANA time zone'],
    ['degraded_above: 101', 'degraded_above: '],
    ['load_as: fast', 'load_as: '],
    ['on_failed_probe: panic', 'on_failed_probe: '],
    ['timeouts: { command: 0 }', 'timeouts.command: '],
    ['node_rules: []', 'node_rules: '],
    ['node_rules: [{ class: tpu }]', 'node_rules.0.class: '],
    ['scheduler: lsf', 'scheduler: '],
    ['filesystems: [unknown]', "filesystems.0: 'unknown' has no path: add it to mounts (which has "],
  ])('with %s is refused', (text, words) => {
    write('derecho.yaml', `${text}\n`);
    expect(refusal(() => system('derecho'))).toContain(words);
  });

  test.each(['derecho', 'me@derecho.example.org', '10.1.2.3', 'fe80::1', 'a_b@c-d'])(
    'may have %p for its host',
    (host) => {
      write('derecho.yaml', `pbs_host: "${host}"\n`);
      expect(system('derecho').scheduler_host).toBe(host);
    },
  );

  describe('with the earlier name of scheduler_host', () => {
    test('is the same system, also merged with files that use the present name', () => {
      write('derecho.yaml', 'pbs_host: null\nlogin_nodes_via: pbs_host\n');
      write('gust.yaml', 'pbs_host: gust-pbs\nlogin_nodes_via: pbs_host\n');
      expect(system('derecho')).toMatchObject({ scheduler_host: null, login_nodes_via: 'scheduler_host' });
      expect(system('gust')).toMatchObject({ scheduler_host: 'gust-pbs', login_nodes_via: 'scheduler_host' });
    });

    test('is accepted with the present name beside it if both agree, and refused if not', () => {
      write('gust.yaml', 'scheduler_host: gust\npbs_host: gust\n');
      expect(system('gust').scheduler_host).toBe('gust');
      const file = write('gust.yaml', 'scheduler_host: gust\npbs_host: null\n');
      expect(refusal(() => system('gust'))).toBe(
        `${file}:2:11: pbs_host: is the earlier name of scheduler_host, and differs from it`,
      );
    });

    test('is reported under that name if its value is wrong', () => {
      const file = write('gust.yaml', 'queues: []\npbs_host: -oProxyCommand=evil\n');
      expect(refusal(() => system('gust'))).toStartWith(`${file}:2:11: scheduler_host: is not a host name`);
    });
  });

  test.each(['pbs', 'slurm'])('may have %s for its scheduler', (scheduler) => {
    write('gust.yaml', `scheduler: ${scheduler}\n`);
    expect(system('gust').scheduler).toBe(scheduler);
  });

  test('reports a filesystem once, however often it is listed: the API refuses it twice', () => {
    write('derecho.yaml', 'filesystems: [glade, campaign, glade]\n');
    expect(system('derecho').filesystems.map(({ name }) => name)).toEqual(['glade', 'campaign']);
  });
});

describe('the example files of the design load unchanged', () => {
  const seed = (name: string) => readFileSync(join(fixtures, 'seeds', name), 'utf8');

  test.each([
    ['<system>.yaml', (name: string) => `${name}.yaml`, () => 'node_types.yaml'],
    ['<system>/config.yaml', (name: string) => `${name}/config.yaml`, (name: string) => `${name}/node_types.yaml`],
  ])('as %s', (_, configFile, typesFile) => {
    write(configFile('derecho'), seed('plan-8/derecho/config.yaml'));
    write(configFile('casper'), seed('plan-8/casper/config.yaml'));
    write(typesFile('casper'), seed('plan-8/casper/node_types.yaml'));
    expect(knownSystems(load())).toEqual(['casper', 'derecho', 'jupyterhub']);
    const derecho = system('derecho');
    expect(derecho.login_nodes.map(({ type }) => type)).toEqual([
      'cpu',
      'cpu',
      'gpu',
      'cpu',
      'cpu',
      'cpu',
      'gpu',
      'cpu',
    ]);
    expect(derecho.queues).toEqual(['main', 'preempt', 'develop', 'gpudev', 'gpumain']);
    expect(derecho.filesystems.map(({ path }) => path)).toEqual([
      '/glade/u/home',
      '/glade/campaign',
      '/glade/derecho/scratch',
    ]);
    const casper = system('casper');
    expect(casper.login_nodes).toEqual([{ name: 'casper-login1' }, { name: 'casper-login2' }]);
    expect(casper.node_types['gpu-a100']).toEqual({
      cores_per_node: 64,
      memory_gb_per_node: 512,
      gpu_model: 'NVIDIA A100',
      gpus_per_node: 4,
    });
    expect(casper.node_types.standard).toEqual({
      cores_per_node: 36,
      memory_gb_per_node: 192,
      gpu_model: null,
      gpus_per_node: null,
    });
    expect(casper.node_types['gpu-mi100']?.gpu_model).toBe('AMD MI100');
    expect(casper.node_types['gpu-h100']?.gpu_model).toBe('NVIDIA H100');
  });

  test('those of systems in directories too', () => {
    write('derecho/config.yaml', seed('plan-2.8/derecho/config.yaml'));
    write('casper/node_types.yaml', seed('plan-2.8/casper/node_types.yaml'));
    expect(system('derecho').login_nodes.map(({ type }) => type)).toEqual([
      'cpu',
      'cpu',
      'cpu',
      'cpu',
      'gpu',
      'gpu',
      'gpu',
      'gpu',
    ]);
    expect(system('casper').node_types['gpu-v100-8way']?.memory_gb_per_node).toBe(384);
  });
});

describe('directories', () => {
  test('a named directory must exist', () => {
    expect(refusal(() => loadConfig('/no/such/directory', {}))).toBe(
      'there is no configuration directory /no/such/directory: create it or correct --config',
    );
  });

  test('a named directory has precedence over the default one', () => {
    const other = temporaryDirectory();
    try {
      mkdirSync(join(other.path, 'hpc-collector'));
      writeFileSync(join(other.path, 'hpc-collector', 'collector.yaml'), 'systems: [casper]\n');
      write('collector.yaml', 'systems: [derecho]\n');
      const environment = { XDG_CONFIG_HOME: other.path };
      expect(loadConfig(directory.path, environment).collector.systems).toEqual(['derecho']);
      expect(loadConfig(null, environment).collector.systems).toEqual(['casper']);
    } finally {
      other.remove();
    }
  });

  test.each([
    [1000, { HOME: '/home/me' }, '/home/me/.config/hpc-collector', '/home/me/.local/state/hpc-collector'],
    [1000, { HOME: '/home/me', XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s' }, '/c/hpc-collector', '/s/hpc-collector'],
    [
      1000,
      { HOME: '/home/me', XDG_CONFIG_HOME: 'c', XDG_STATE_HOME: './s' },
      '/home/me/.config/hpc-collector',
      '/home/me/.local/state/hpc-collector',
    ],
    [0, { HOME: '/root' }, '/etc/hpc-collector', '/var/lib/hpc-collector'],
    [0, { HOME: '/root', XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s' }, '/c/hpc-collector', '/s/hpc-collector'],
  ])('of user %d with %j', (uid, environment, config, state) => {
    const getuid = spyOn(process, 'getuid').mockReturnValue(uid);
    try {
      expect(defaultConfigDirectory(environment as unknown as Record<string, string>)).toBe(config);
      expect(defaultStateDirectory(environment as unknown as Record<string, string>)).toBe(state);
    } finally {
      getuid.mockRestore();
    }
  });
});

describe('a preset', () => {
  const origins = (name: string) => systemLayers(name, loadConfig(directory.path, {})).map(({ origin }) => origin);

  test('overrides the built-in settings and is overridden by a file', () => {
    write('collector.yaml', 'preset: sam-dashboard\n');
    const file = write('casper.yaml', 'degraded_above: 80\n');
    expect(origins('casper')).toEqual(['the built-in casper.yaml', 'the preset sam-dashboard', file]);
    expect(origins('jupyterhub')).toEqual(['the built-in jupyterhub.yaml']);
  });

  test('is not used by default', () => {
    expect(origins('casper')).toEqual(['the built-in casper.yaml']);
  });
});

test('without rules of its own, a system has a node with one GPU among its GPU nodes', () => {
  const { node_rules: rules } = systemOf('aurora', { filesystems: [] });
  const counts = { cores: 1, coresAllocated: 0, coresIdle: 1, gpus: 0, gpusAllocated: 0, gpusIdle: 0 };
  const memory = { memoryGib: 1, memoryAllocatedGib: 0 };
  const classWith = (ngpus: string | undefined) => {
    const node = { name: 'n1', state: 'available' as const, ...counts, ...memory, jobs: [] };
    return classify({ ...node, resources: { get: () => ngpus } }, rules).class;
  };
  expect(['2', '1', '0', undefined].map(classWith)).toEqual(['gpu', 'gpu', 'cpu', 'cpu']);
});

test('secrets in YAML are hidden before validation, at any place', () => {
  const hook = 'https://hooks.example.org/services/T0/B0/a-secret-hook';
  learnSettings({ gone: null, notify: { webhook: hook }, list: [null, { url: 'https://ada:a-secret-login@x.org/' }] });
  expect(printable(`${hook} ada:a-secret-login@x.org`)).not.toMatch(/a-secret/);
});
