/** `serve key`: what its verbs print, and what they refuse. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { receiverSite } from './site.ts';

let site: ReturnType<typeof receiverSite>;
beforeEach(() => {
  site = receiverSite();
});
afterEach(() => site.remove());

const scopes = async () => {
  const { stdout } = await site.verb('key', 'ls', '--json');
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

test('ls shows each key with its scopes and times, as a table and as JSON', async () => {
  expect(await site.verb('key', 'ls')).toEqual({ exit: 0, stdout: 'There is no API key.\n', stderr: '' });
  expect(await site.verb('key', 'ls', '--json')).toEqual({ exit: 0, stdout: '', stderr: '' });
  await site.verb('key', 'add', 'derecho', '--scope', 'write:derecho');
  await site.verb('key', 'add', 'shared', '--all', '--scope', 'read', '--per-minute', '30');
  site.sql("UPDATE api_keys SET created_at = '2026-11-20T10:00:00', last_used_at = NULL");
  site.sql("UPDATE api_keys SET last_used_at = '2026-11-21T09:30:00' WHERE name = 'shared'");
  expect(await site.verb('key', 'ls')).toEqual({
    exit: 0,
    stdout:
      'NAME     SCOPES         SINCE (UTC)          LAST USED (UTC)\n' +
      'derecho  write:derecho  2026-11-20 10:00:00  never\n' +
      'shared   read,write:*   2026-11-20 10:00:00  2026-11-21 09:30:00\n',
    stderr: '',
  });
  expect((await site.verb('key', 'ls', '--json')).stdout).toBe(
    '{"name":"derecho","scopes":["write:derecho"],"per_minute":3000,"created_at":"2026-11-20T10:00:00.000Z","last_used_at":null}\n' +
      '{"name":"shared","scopes":["read","write:*"],"per_minute":30,"created_at":"2026-11-20T10:00:00.000Z","last_used_at":"2026-11-21T09:30:00.000Z"}\n',
  );
});

test('add names the scopes of all its flags, and prints the key alone', async () => {
  const flags = ['--cluster', 'casper', '--all', '--scope', 'read,outages', '--scope=write:gust', '--cluster=derecho'];
  expect(await site.verb('key', 'add', 'all', ...flags)).toEqual({
    exit: 0,
    stdout: expect.stringMatching(/^[\w-]{43}\n$/),
    stderr: 'Added key all for read, outages, write:gust, write:casper, write:derecho, write:*\n',
  });
  expect(await scopes()).toMatchObject([
    { scopes: ['read', 'outages', 'write:gust', 'write:casper', 'write:derecho', 'write:*'], per_minute: 3000 },
  ]);
});

test('add refuses a key without a scope, and a limit that is not a number from 1 to 9999999', async () => {
  expect(await site.verb('key', 'add', 'idle')).toEqual({
    exit: 2,
    stdout: '',
    stderr: 'hpc-collector: say what the key is for: --scope SCOPE, --cluster NAME or --all\n',
  });
  for (const limit of ['0', '01', '10000000', '5.5', 'many', '']) {
    expect(await site.verb('key', 'add', 'busy', '--all', `--per-minute=${limit}`)).toEqual({
      exit: 2,
      stdout: '',
      stderr: `hpc-collector: --per-minute ${limit}: give a number from 1 to 9999999\n`,
    });
  }
  for (const limit of ['1', '9999999']) {
    await site.verb('key', 'add', `of-${limit}`, '--all', '--per-minute', limit);
  }
  expect(await scopes()).toMatchObject([{ per_minute: 1 }, { per_minute: 9_999_999 }]);
});

test('rotate shows another key of the same scopes, and rm removes it', async () => {
  const first = await site.verb('key', 'add', 'derecho', '--cluster', 'derecho');
  const second = await site.verb('key', 'rotate', 'derecho');
  expect(second).toEqual({
    exit: 0,
    stdout: expect.stringMatching(/^[\w-]{43}\n$/),
    stderr: 'Replaced key derecho; the old one is refused\n',
  });
  expect(second.stdout).not.toBe(first.stdout);
  expect(await scopes()).toMatchObject([{ name: 'derecho', scopes: ['write:derecho'] }]);
  expect(await site.verb('key', 'rm', 'derecho')).toEqual({ exit: 0, stdout: '', stderr: 'Removed key derecho\n' });
  expect(await scopes()).toEqual([]);
  const unknown = {
    exit: 2,
    stdout: '',
    stderr: 'hpc-collector: there is no key derecho: see hpc-collector serve key ls\n',
  };
  expect(await site.verb('key', 'rm', 'derecho')).toEqual(unknown);
  expect(await site.verb('key', 'rotate', 'derecho')).toEqual(unknown);
});
