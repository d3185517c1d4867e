import { expect, test } from 'bun:test';
import { socketNamesOfOthers } from '../../src/outbox/socket-owners.ts';

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
});
