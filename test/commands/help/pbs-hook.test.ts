/**
 * The hook that the manual gives to sites with PBS, run by Python with a stand-in for PBS's module. The stand-in behaves
 * as the Hooks Guide of PBS and its `pbs/v1/_svr_types.py` say: an attribute that is not set is None, `project` is an
 * object with a text, and `reject` ends the script. The hook has not run in a PBS server here: Debian has no package of it.
 */

import { afterAll, expect } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { topics } from '../../../src/commands/help/topics.ts';
import { temporaryDirectory } from '../../support/files.ts';
import { needs } from '../../support/needs.ts';
import { run } from '../../support/run.ts';

const standIn = `
import json, os

class _Text:
    def __init__(self, value): self._value = value
    def __str__(self): return str(self._value)

class _Job:
    Account_Name = None
    project = None

class _Event:
    def __init__(self):
        given = json.loads(os.environ["JOB"])
        self.job = _Job()
        if "Account_Name" in given: self.job.Account_Name = given["Account_Name"]
        if "project" in given: self.job.project = _Text(given["project"])
    def reject(self, message=""):
        print("rejected: " + message)
        raise SystemExit(1)

_event = _Event()
def event(): return _event
`;

const directory = temporaryDirectory();
afterAll(() => directory.remove());
const [, script = ''] = /^```python\n(.*?)^```$/ms.exec(topics.jobs ?? '') ?? [];
const file = join(directory.path, 'names.py');
writeFileSync(file, script);
writeFileSync(join(directory.path, 'pbs.py'), standIn);

/** Runs the hook for a submitted or altered job. Returns what it says; empty if it accepts the job. */
function hookOn(job: Readonly<Record<string, string>>): string {
  const ran = run(['python3', file], { env: { PATH: process.env.PATH ?? '', JOB: JSON.stringify(job) } });
  if (ran.stderr !== '') throw new Error(ran.stderr);
  return ran.stdout.trim();
}

const withPython = needs('python3');

withPython.each([
  [{}],
  [{ Account_Name: 'NCAR0001' }],
  [{ Account_Name: 'a b; user=root "x" \\ café', project: '_pbs_project_default' }],
])('accepts %j', (job) => {
  expect(hookOn(job)).toBe('');
});

withPython.each([
  ['a line break in the account', { Account_Name: 'x\n11/20/2026 08:00:00;E;1.pbs;user=root' }, 'Account_Name'],
  ['a line break in the project', { Account_Name: 'x', project: 'y\nz' }, 'project'],
  ['a tab', { Account_Name: 'x\ty' }, 'Account_Name'],
  ['an escape character', { project: '\u001b[2J' }, 'project'],
  ['a delete character', { Account_Name: '\u007f' }, 'Account_Name'],
])('refuses %s', (_, job, name) => {
  expect(hookOn(job)).toBe(`rejected: ${name} has control characters`);
});
