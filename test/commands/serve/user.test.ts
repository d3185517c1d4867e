/** `serve user`: what its verbs print, and what they refuse. */

import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test';
import * as users from '../../../src/server/auth/users.ts';
import { receiverSite } from './site.ts';

let site: ReturnType<typeof receiverSite>;
beforeEach(() => {
  site = receiverSite();
});
afterEach(() => site.remove());

const ls = async () => (await site.verb('user', 'ls')).stdout;

/** Runs a verb with a text on standard input; returns the password that it takes from there. */
async function passwordFrom(text: string, ...words: string[]): Promise<string | null | undefined> {
  const input = spyOn(Bun.stdin, 'text').mockResolvedValue(text);
  const added = spyOn(users, 'addUser');
  try {
    const { exit, stdout } = await site.verb('user', ...words, '--password-stdin');
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: '' });
    return added.mock.calls[0]?.[2];
  } finally {
    input.mockRestore();
    added.mockRestore();
  }
}

test('ls shows each user with the scopes and the time of the password, as a table and as JSON', async () => {
  expect(await site.verb('user', 'ls')).toEqual({ exit: 0, stdout: 'There is no user.\n', stderr: '' });
  expect(await site.verb('user', 'ls', '--json')).toEqual({ exit: 0, stdout: '', stderr: '' });
  await site.verb('user', 'add', 'ada');
  await site.verb('user', 'add', 'reader', '--scope', 'read');
  site.sql("UPDATE users SET changed_at = '2026-11-20T10:00:00'");
  expect(await site.verb('user', 'ls')).toEqual({
    exit: 0,
    stdout:
      'NAME    SCOPES                      PASSWORD SET (UTC)\n' +
      'ada     write:*,outages,read:names  2026-11-20 10:00:00\n' +
      'reader  read                        2026-11-20 10:00:00\n',
    stderr: '',
  });
  expect((await site.verb('user', 'ls', '--json')).stdout).toBe(
    '{"name":"ada","scopes":["write:*","outages","read:names"],"changed_at":"2026-11-20T10:00:00.000Z"}\n' +
      '{"name":"reader","scopes":["read"],"changed_at":"2026-11-20T10:00:00.000Z"}\n',
  );
});

test('add shows a new password, and keeps the scopes of a user unless others are given', async () => {
  const shown = { exit: 0, stdout: expect.stringMatching(/^[\w-]{32}\n$/) };
  expect(await site.verb('user', 'add', 'ada', '--scope', 'read', '--scope=outages')).toEqual({
    ...shown,
    stderr: 'Added ada\n',
  });
  expect(await site.verb('user', 'add', 'ada')).toEqual({ ...shown, stderr: 'Changed the password of ada\n' });
  expect(await ls()).toContain('\nada   read,outages  ');
  await site.verb('user', 'add', 'ada', '--scope', 'admin');
  expect(await ls()).toContain('\nada   admin   ');
  expect(await site.verb('user', 'passwd', 'ada')).toEqual({ ...shown, stderr: 'Changed the password of ada\n' });
});

test('a password on standard input loses one line break at its end, and nothing else', async () => {
  expect(await passwordFrom('radium\n', 'add', 'ada')).toBe('radium');
  expect(await passwordFrom('polonium\r\n', 'passwd', 'ada')).toBe('polonium');
  expect(await passwordFrom(' two words ', 'add', 'ada')).toBe(' two words ');
  const refused = spyOn(Bun.stdin, 'text').mockResolvedValue('radium\n\n');
  expect((await site.verb('user', 'add', 'ada', '--password-stdin')).stderr).toContain('has control characters');
  refused.mockRestore();
});

test('rm removes the user, once', async () => {
  await site.verb('user', 'add', 'ada');
  expect(await site.verb('user', 'rm', 'ada')).toEqual({ exit: 0, stdout: '', stderr: 'Removed user ada\n' });
  expect(await ls()).toBe('There is no user.\n');
  expect(await site.verb('user', 'rm', 'ada')).toEqual({
    exit: 2,
    stdout: '',
    stderr: "hpc-collector: there is no user 'ada': hpc-collector serve user ls lists them\n",
  });
});
