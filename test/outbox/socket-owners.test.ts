import { expect, test } from 'bun:test';
import { socketNamesOfOthers } from '../../src/outbox/socket-owners.ts';
import { asOtherUser, listenOn } from '../support/sockets.ts';

const prefix = `hpc-collector-test-${process.pid}-`;

test('a socket that a process of this user closes meanwhile does not count as that of another user', async () => {
  const listen = `Bun.listen({ unix: String.fromCharCode(0) + '${prefix}short', socket: { data() {} } })`;
  const script = `for (;;) { const opened = ${listen}; console.log('open'); opened.stop(true); }`;
  const child = Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe', stderr: 'ignore' });
  await child.stdout.getReader().read();
  try {
    for (let look = 0; look < 300; look++) expect(socketNamesOfOthers(prefix)).toEqual([]);
  } finally {
    child.kill('SIGKILL');
    await child.exited;
  }
}, 60_000);

test('the sockets of other users are listed by name, those of this user are not', () => {
  using _one = listenOn(`${prefix}one`);
  using _two = listenOn(`${prefix}two`);
  using _other = listenOn(`other-${prefix}`);
  expect(socketNamesOfOthers(prefix)).toEqual([]);
  expect(asOtherUser(() => socketNamesOfOthers(prefix)).sort()).toEqual([`${prefix}one`, `${prefix}two`]);
  expect(asOtherUser(() => socketNamesOfOthers(`${prefix}none`))).toEqual([]);
});

test('a connection that its process has not accepted does not count, and an accepted one counts once', async () => {
  const listening = `Bun.listen({ unix: String.fromCharCode(0) + '${prefix}busy', socket: { data() {} } })`;
  const child = Bun.spawn([process.execPath, '-e', `${listening}; console.log('open')`], { stdout: 'pipe' });
  await child.stdout.getReader().read();
  const connect = () => Bun.connect({ unix: `\0${prefix}busy`, socket: { data() {} } });
  const connections: { end(): void }[] = [];
  try {
    connections.push(await connect());
    expect(asOtherUser(() => socketNamesOfOthers(prefix))).toEqual([`${prefix}busy`]);
    child.kill('SIGSTOP');
    connections.push(await connect());
    expect(socketNamesOfOthers(prefix)).toEqual([]);
  } finally {
    for (const connection of connections) connection.end();
    child.kill('SIGKILL');
    await child.exited;
  }
});
