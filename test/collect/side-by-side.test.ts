import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { probeCluster } from '../../src/collect/probe-cluster.ts';
import type { Command, Executor } from '../../src/exec/command.ts';
import { replayFrom } from '../../src/exec/replay.ts';
import { memoryLog } from '../support/memory-log.ts';
import { unstopped } from '../support/probing.ts';
import { fixtures, systemOf } from '../support/systems.ts';

test('all probes of a system run at the same time, login nodes too, and keep the configured order', async () => {
  const system = systemOf('derecho');
  const commands = 5 + system.login_nodes.length + system.filesystems.length;
  const recorded = replayFrom(join(fixtures, 'derecho'));
  const { promise: allStarted, resolve } = Promise.withResolvers<void>();
  let started = 0;
  /** Answers nothing before the last command has been started; the login nodes then in the opposite order. */
  const executor: Executor = {
    start(command) {
      started += 1;
      if (started === commands) resolve();
      const execution = recorded.start(command);
      async function* stdout(): AsyncGenerator<Uint8Array> {
        await allStarted;
        for (let turn = 0; turn < turnsOf(command); turn++) await Promise.resolve();
        yield* execution.stdout;
      }
      return { stdout: stdout(), ending: execution.ending };
    },
  };
  const turnsOf = ({ host }: Command) => 1000 - 100 * system.login_nodes.findIndex(({ name }) => name === host);

  const probed = await probeCluster(system, unstopped(executor), memoryLog().log);
  // The recording has an earlier version's command for login nodes, which is tried second.
  expect(started).toBe(commands + system.login_nodes.length);
  expect([...(probed?.findings.loginNodes.keys() ?? [])]).toEqual(system.login_nodes.map(({ name }) => name));
});
