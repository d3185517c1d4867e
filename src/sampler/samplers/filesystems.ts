import { statfs } from 'node:fs/promises';
import type { Data, SamplerFactory } from '../sampler.ts';
import { type Space, spacesIn } from './space.ts';

/**
 * Measures the space of filesystems, in bytes (statvfs(3)).
 * @param mountPoints the paths; patterns are expanded once, at the start
 */
export function filesystemSampler(intervalSeconds: number, mountPoints: readonly string[]): SamplerFactory {
  return (stored) => {
    const last = new Map<string, Space>(Object.entries(spacesIn(stored)));
    const data = (): Data => Object.fromEntries(last);
    const waiting = new Set<string>();
    return {
      id: 'sams.sampler.FSStats',
      intervalSeconds,
      isShortAtStart: false,
      async sample() {
        await Promise.all(
          mountPoints.map(async (path) => {
            // A dead file server does not answer: do not ask it again and again, and do not wait for it.
            if (waiting.has(path)) return;
            waiting.add(path);
            const asked = spaceOf(path).finally(() => waiting.delete(path));
            const space = await Promise.race([asked, Bun.sleep(2000)]);
            if (space) last.set(path, space);
          }),
        );
        return data();
      },
      final: data,
      state: data,
    };
  };
}

async function spaceOf(path: string): Promise<Space | null> {
  try {
    const { bsize, blocks, bfree, bavail } = await statfs(path);
    return { size: blocks * bsize, free: bavail * bsize, used: (blocks - bfree) * bsize };
  } catch {
    return null;
  }
}
