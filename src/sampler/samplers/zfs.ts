import type { ProgramRunner } from '../../exec/local-program.ts';
import type { SamplerFactory } from '../sampler.ts';
import { type Space, spacesIn } from './space.ts';

/** Measures the space of ZFS volumes, in bytes: `zfs list -Hp` (zfs-list(8)). */
export function zfsSampler(
  intervalSeconds: number,
  { zfs, volumes, run }: { readonly zfs: string; readonly volumes: readonly string[]; readonly run: ProgramRunner },
): SamplerFactory {
  return (stored) => {
    let last = spacesIn(stored);
    return {
      id: 'sams.sampler.ZFSStats',
      intervalSeconds,
      isShortAtStart: false,
      async sample() {
        const result = await run([zfs, 'list', '-Hp', '-o', 'name,used,available', ...volumes]);
        if (result.kind === 'failed') return null;
        last = parseZfsList(result.output.toString('utf8'));
        return last;
      },
      final: () => last,
      state: () => last,
    };
  };
}

/** Parses lines of a name, the used and the available bytes, separated by tabs. */
export function parseZfsList(text: string): Record<string, Space> {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [, name, used, free] = /^([^\t]+)\t(\d+)\t(\d+)$/.exec(line) ?? [];
      if (name === undefined) return [];
      return [[name, { size: Number(used) + Number(free), free: Number(free), used: Number(used) }] as const];
    }),
  );
}
