/** `serve`, the receiver, and the collector that sends to it. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { credentials, newSite, type Site } from '../support/site.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

describe('users', () => {
  const add = (name: string, ...flags: string[]) =>
    site.run('serve', 'user', 'add', name, '--database', join(site.directory, 'receiver.db'), ...flags);

  test('get a password that is shown once, and can be sent with', async () => {
    const { url } = await site.serve();
    const { exit, stdout, stderr } = await add('mcurie');
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: 'Added mcurie\n' });
    expect(stdout).toMatch(/^[\w-]{32}\n$/);
    site.configure('env', `STATUS_API_URL=${url}\nSTATUS_API_USER=mcurie\nSTATUS_API_PASSWORD=${stdout}`);
    site.localSystem('casper');
    expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
    expect(site.everything().split(stdout.trim()).length - 1, 'in the env file alone').toBe(1);
  });

  test('can have the password from standard input, which is not shown', async () => {
    const { url } = await site.serve();
    const database = join(site.directory, 'receiver.db');
    const adding = site.start(['serve', 'user', 'add', 'mcurie', '--password-stdin', '--database', database], {
      stdin: 'radium, and polonium\n',
    });
    expect(await adding.ended).toMatchObject({ exit: 0, stdout: '', stderr: 'Added mcurie\n' });
    const answer = await fetch(`${url}/api/v1/status/outages`, {
      headers: { Authorization: `Basic ${btoa('mcurie:radium, and polonium')}` },
    });
    expect(answer.status).toBe(200);
  });

  test('can be given another password', async () => {
    await add('mcurie');
    expect(await add('mcurie')).toMatchObject({ exit: 0, stderr: 'Changed the password of mcurie\n' });
  });

  test('have scopes, which a new password keeps', async () => {
    const { url } = await site.serve();
    const statusOf = async (secret: string, path: string) => {
      const headers = { Authorization: `Basic ${btoa(`reader:${secret}`)}`, 'Content-Type': 'application/json' };
      return (await fetch(`${url}/api/v1/status/${path}`, { method: 'POST', headers, body: '{"x":1}' })).status;
    };
    const { stdout: first } = await add('reader', '--scope', 'read', '--scope=write:casper');
    expect([await statusOf(first.trim(), 'derecho'), await statusOf(first.trim(), 'casper')]).toEqual([403, 400]);
    const database = join(site.directory, 'receiver.db');
    const { stdout: second, stderr } = await site.run('serve', 'user', 'passwd', 'reader', '--database', database);
    expect(stderr).toBe('Changed the password of reader\n');
    expect([await statusOf(first.trim(), 'casper'), await statusOf(second.trim(), 'casper')]).toEqual([401, 400]);
    const { stdout: listed } = await site.run('serve', 'user', 'ls', '--database', database, '--json');
    expect(listed).toContain('"name":"reader","scopes":["read","write:casper"]');
    expect(await site.run('serve', 'user', 'passwd', 'nobody', '--database', database)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("there is no user 'nobody'"),
    });
    expect(await add('writer', '--scope', 'write')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("'write' is not a scope"),
    });
  });

  test('must be valid in an HTTP header', async () => {
    expect(await add('m:curie')).toMatchObject({ exit: 2, stdout: '' });
    expect(await add('mcurie', '--password-stdin')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('password is empty'),
    });
  });
});

describe('the receiver', () => {
  test('refuses a wrong password; the drain says so, keeps the entry and fails', async () => {
    const { url } = await site.serve();
    site.configure('env', `STATUS_API_URL=${url}\nSTATUS_API_USER=${credentials.user}\nSTATUS_API_PASSWORD=wrong\n`);
    site.localSystem('casper');
    await site.run('collect', 'casper');
    const { exit, stderr } = await site.run('drain');
    expect(exit).toBe(1);
    expect(stderr).toContain(`✗ casper status waits: the SAM API at ${url} answers HTTP 401`);
    expect(stderr).toContain('check STATUS_API_USER and STATUS_API_PASSWORD');
    expect(await site.entries()).toMatchObject([{ state: 'pending', attempts: 0 }]);

    // Mended, nothing has to be waited for.
    site.api(url);
    expect(await site.run('drain')).toMatchObject({ exit: 0 });
    expect(await site.entries()).toMatchObject([{ state: 'delivered' }]);
  });

  test('says at its start that it has no users, and how to add one', async () => {
    const server = site.start(['serve', '--listen', '127.0.0.1:0', '--database', 'own.db']);
    await server.said(
      'No snapshots can be received yet: add a user with: hpc-collector serve user add NAME --database own.db',
    );
  });

  test('says it without --database if that was not given', async () => {
    const server = site.start(['serve', '--listen', '127.0.0.1:0']);
    await server.said(/add a user with: hpc-collector serve user add NAME\n/);
    await server.said(/add a key with: hpc-collector serve key add NAME --cluster CLUSTER\n/);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('stops on %s with exit code 0', async (signal) => {
    const { url, process } = await site.serve();
    process.kill(signal);
    expect(await process.ended).toMatchObject({ exit: 0, stdout: '', stderr: expect.stringContaining('Stopped') });
    await expect(fetch(url)).rejects.toThrow();
  });

  test('does not start on a port that another program uses', async () => {
    const { url } = await site.serve();
    const { exit, stderr } = await site.run('serve', '--listen', new URL(url).host);
    expect(exit).toBe(2);
    expect(stderr).toContain(`Cannot listen on ${url}: another program has this port`);
  });

  test('refuses the outbox as its database', async () => {
    site.localSystem('casper');
    await site.run('collect', 'casper');
    const { exit, stderr } = await site.run('serve', '--listen', '127.0.0.1:0', '--database', site.outbox);
    expect({ exit, stderr }).toMatchObject({ exit: 2, stderr: expect.stringContaining(site.outbox) });
    expect(await site.entries()).toHaveLength(1);
  });
});
