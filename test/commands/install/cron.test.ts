/** `install cron`: the lines for this host, and what it says about the crontab. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { join, relative, resolve } from 'node:path';
import { cronBlock } from '../../../src/install/cron.ts';
import { installHost, refused, said } from './host.ts';

let host: ReturnType<typeof installHost>;
beforeEach(() => {
  host = installHost(1000);
});
afterEach(() => host.remove());

const runs = { runs: true, exportsJobs: false };

describe('without --write the lines are printed', () => {
  const printed = (systems: readonly string[], mailTo: string, tasks: Parameters<typeof cronBlock>[2]) =>
    said(cronBlock({ ...host.installation, systems }, mailTo, tasks).trimEnd());

  test('for the named systems, with mail to this user or another', async () => {
    expect(await host.run('cron', 'casper', 'derecho')).toEqual(printed(['casper', 'derecho'], 'ada', runs));
    expect(await host.run('cron', 'casper', '--mailto', 'ops')).toEqual(printed(['casper'], 'ops', runs));
    expect(host.asked).toEqual([]);
  });

  test('for all enabled systems, if none is named', async () => {
    expect(await host.run('cron')).toEqual(
      refused(
        `no system is named and none is enabled: name a system, or list them under 'systems:' in ${join(host.config, 'collector.yaml')}, which hpc-collector config init writes`,
      ),
    );
    host.configure('collector.yaml', 'systems: [casper]\n');
    expect(await host.run('cron')).toEqual(printed([], 'ada', runs));
  });

  test('with --jobs also for the export, and for it alone if no system is named or enabled', async () => {
    expect(await host.run('cron', '--jobs')).toEqual(printed([], 'ada', { runs: false, exportsJobs: true }));
    const both = { runs: true, exportsJobs: true };
    expect(await host.run('cron', 'casper', '--jobs')).toEqual(printed(['casper'], 'ada', both));
    host.configure('collector.yaml', 'systems: [casper]\n');
    expect(await host.run('cron', '--jobs')).toEqual(printed([], 'ada', both));
    expect(await host.run('cron', 'casper', '--jobs')).toEqual(printed(['casper'], 'ada', both));
  });

  test('with the files of the common flags and the variables of this user, by their full path', async () => {
    const flags = ['--config', relative('.', host.config), '--outbox', 'box.db', '--log-file', '/var/log/x.log'];
    const variables = { PBS_CONF_FILE: '/etc/pbs.conf', SLURM_CONF: '/etc/slurm.conf', XDG_CONFIG_HOME: 'relative' };
    const installation = {
      ...host.installation,
      systems: ['casper'],
      flags: flags.map((word, index) => (index % 2 === 0 ? word : resolve(word))),
      environment: {
        XDG_STATE_HOME: host.directory,
        PBS_CONF_FILE: '/etc/pbs.conf',
        SLURM_CONF: '/etc/slurm.conf',
      },
    };
    expect(await host.runWith(variables, 'cron', 'casper', ...flags)).toEqual(
      said(cronBlock(installation, 'ada', runs).trimEnd()),
    );
  });

  test('but not for an unknown system', async () => {
    expect((await host.run('cron', 'casper', 'caspr')).stderr).toContain("did you mean 'casper'?");
  });
});

describe('--write', () => {
  test('shows the lines that it writes, and changes nothing the second time', async () => {
    const block = cronBlock({ ...host.installation, systems: ['casper'] }, 'ada');
    host.crontab = '0 0 * * * backup\n';
    expect(await host.run('cron', 'casper', '--write')).toEqual(said('Wrote to the crontab of ada:', block.trimEnd()));
    expect(host.crontab).toBe(`0 0 * * * backup\n${block}`);
    expect(host.asked).toEqual(['crontab -l', 'crontab FILE']);
    expect(await host.run('cron', 'casper', '--write')).toEqual(said('The crontab has these lines already'));
    expect(host.asked).toEqual(['crontab -l', 'crontab FILE', 'crontab -l']);
  });

  test('keeps the address for mail that the crontab has, unless another is given', async () => {
    host.crontab = 'MAILTO=ops\n';
    await host.run('cron', 'casper', '--write');
    expect(host.crontab).toContain('\nMAILTO="ops"\n');
    await host.run('cron', 'casper', '--write', '--mailto', 'ann');
    expect(host.crontab).toContain('\nMAILTO="ann"\n');
  });

  test('and --remove leave a crontab that cannot be understood as it is', async () => {
    host.crontab = '# END hpc-collector\n';
    const words =
      'the crontab is unchanged: there is # END hpc-collector without its counterpart; correct it with: crontab -e';
    expect(await host.run('cron', 'casper', '--write')).toEqual(refused(words));
    expect(await host.run('cron', '--remove')).toEqual(refused(words));
    expect(host.crontab).toBe('# END hpc-collector\n');
  });

  test('and --remove exclude each other', async () => {
    expect(await host.run('cron', 'casper', '--write', '--remove')).toEqual(
      refused('--write and --remove cannot be used together: give one of them'),
    );
    expect(host.asked).toEqual([]);
  });
});

test('--remove takes the lines out, once', async () => {
  host.crontab = '0 0 * * * backup\n';
  await host.run('cron', 'casper', '--write');
  host.asked = [];
  expect(await host.run('cron', '--remove')).toEqual(said('Removed the lines of hpc-collector from the crontab'));
  expect(host.crontab).toBe('0 0 * * * backup\n');
  expect(await host.run('cron', '--remove')).toEqual(said('The crontab has no lines of hpc-collector'));
  expect(host.asked).toEqual(['crontab -l', 'crontab FILE', 'crontab -l']);
});
