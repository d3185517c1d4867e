import { expect, test } from 'bun:test';
import { skippedLines } from './support/skipped.ts';

test('skipped tests are one line for each thing that they need', () => {
  const report = `<testsuites>
<testcase name="a" classname="x" />
<testcase name="b (needs sshd)" classname="x">
  <skipped />
</testcase>
<testcase name="c (needs sshd, jq)" classname="x"><skipped /></testcase>
 <testcase name="e" classname="over ssh (needs ssh)"><skipped /></testcase>
<testcase name="d" classname="x"><failure /></testcase>
</testsuites>`;
  expect(skippedLines(report)).toEqual([
    'Skipped 1 test that needs jq',
    'Skipped 1 test that needs ssh',
    'Skipped 2 tests that need sshd',
  ]);
});
