import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Machine } from '../../src/sampler/machine.ts';
import { temporaryDirectory } from '../support/files.ts';

export type TestProcess = {
  readonly pid: number;
  readonly program: string | null;
  readonly user: number;
  readonly system: number;
  readonly startTicks?: number;
  readonly session?: number;
  /** `Z` for a zombie. */
  readonly state?: string;
  /** Paths of its control groups by controller; an empty name for version 2. */
  readonly groups?: Readonly<Record<string, string>>;
  readonly environment?: string;
};

/** A copy of /proc and of the control groups with what a test puts into it. */
export function testMachine() {
  const { path, remove } = temporaryDirectory();
  const machine: Machine = { proc: join(path, 'proc'), controlGroups: join(path, 'cgroup') };
  const write = (file: string, text: string) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  mkdirSync(machine.proc);
  return {
    machine,
    directory: path,
    remove,
    /** Writes a file below the control groups. */
    count: (file: string, text: string) => write(join(machine.controlGroups, file), text),
    write: (file: string, text: string) => write(join(machine.proc, file), text),
    run(process: TestProcess) {
      const { pid, program, user, system, startTicks = 100, session = 1, groups = {}, environment = '' } = process;
      const { state = 'S' } = process;
      const directory = join(machine.proc, String(pid));
      rmSync(directory, { recursive: true, force: true });
      const middle = '0 -1 4194304 78 0 0 0';
      write(
        join(directory, 'stat'),
        `${pid} (a b) c) ${state} 1 1 ${session} ${middle} ${user} ${system} 0 0 20 0 1 0 ${startTicks} 1\n`,
      );
      const lines = Object.entries(groups).map(
        ([controller, group], index) => `${controller === '' ? 0 : index + 1}:${controller}:${group}\n`,
      );
      write(join(directory, 'cgroup'), lines.join(''));
      write(join(directory, 'environ'), environment);
      if (program !== null) symlinkSync(program, join(directory, 'exe'));
    },
    end: (pid: number) => rmSync(join(machine.proc, String(pid)), { recursive: true }),
  };
}

export type TestMachine = ReturnType<typeof testMachine>;
