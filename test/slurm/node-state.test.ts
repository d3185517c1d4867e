import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { nodeStateOf } from '../../src/slurm/node-state.ts';
import { fixtures } from '../support/systems.ts';

test.each([
  [
    'available',
    'idle idle~ idle+powered_down idle+cloud+powered_down idle+planned planned plnd idle- idle+dynamic_norm',
  ],
  ['available', 'mixed mix mix- MIXED mixed+planned mixed+cloud'],
  ['allocated', 'allocated alloc ALLOCATED+CLOUD comp completing idle+completing mixed+completing'],
  ['reserved', 'reserved resv idle+reserved mixed+reserved allocated+reserved idle+reserved+planned'],
  ['reserved', 'maint idle+maintenance+reserved idle$ MIXED+MAINT'],
  ['down', 'down DOWN DOWN$ down* down~ down+not_responding down+maintenance+reserved'],
  ['down', 'drain drained drng drng* draining@ idle+drain mixed+drain MIXED+DRAIN allocated+drain+reserved drain$'],
  ['down', 'idle* IDLE* mix* idle+not_responding alloc*'],
  ['down', 'fail failing failg idle+fail error'],
  ['down', 'unk unk* unknown unknown+not_responding inval idle+invalid_reg inval+drain future futr'],
  ['other', 'idle# idle% mix# idle+powering_up idle+powering_down mixed+powering_up pow_dn idle!'],
  ['other', 'idle^ idle@ mix@ reboot boot idle+reboot_issued idle+reboot_requested'],
  ['other', 'blocked idle+blocked perfctrs npc idle+perfctrs'],
  // As a cloud node is while it boots: sinfo marks it `#`, not `*`.
  ['other', 'mixed+cloud+not_responding+powering_up idle+not_responding+reboot_issued'],
  ['other', 'powering_down powering_down* POWERING_DOWN* pow_dn* powering_up powering_up* pow_up pow_up*'],
  ['other', 'power_up power_down power_drain idle+power_up idle+power_down idle+power_drain'],
  ['available', 'powering_down+powered_down pow_dn+powered_down* power_down+powered_down idle!+powered_down'],
  [
    'available',
    'idle+cloud+not_responding+powered_down IDLE+CLOUD+POWER_DOWN+POWERED_DOWN idle+powering_down+powered_down',
  ],
  // Out of service for a reboot, as `scontrol reboot` without ASAP leaves it; with ASAP it drains first.
  ['other', 'down+reboot_issued down+cloud+not_responding+reboot_issued boot^'],
  ['down', 'down+drain+reboot_issued drain^'],
  ['other', 'a_word_of_tomorrow'],
] as const)('%s is what %s is', (expected, text) => {
  for (const state of text.split(' ')) expect(`${state}: ${nodeStateOf(state)}`).toBe(`${state}: ${expected}`);
});

test('every state that a real Slurm shows is known, and means the same in each of its forms', () => {
  const lines = readFileSync(join(fixtures, 'slurm-states/sinfo.txt'), 'utf8').trim().split('\n');
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) {
    const [compact = '', long = '', complete = ''] = line.split('|');
    expect(nodeStateOf(compact)).not.toBe('other');
    expect(nodeStateOf(long)).toBe(nodeStateOf(compact));
    expect(nodeStateOf(complete)).toBe(nodeStateOf(compact));
  }
});

test('a node that is out of service is never available, with any other flags', () => {
  const others = fc.array(fc.constantFrom('idle', 'mixed', 'allocated', 'planned', 'cloud', 'reserved', 'maintenance'));
  const out = fc.constantFrom('drain', 'down', 'not_responding', 'fail', 'invalid_reg', 'unknown');
  fc.assert(
    fc.property(others, out, others, (before, word, behind) => {
      expect(nodeStateOf([...before, word, ...behind].join('+'))).toBe('down');
    }),
  );
});
