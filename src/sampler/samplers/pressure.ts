import { z } from 'zod';
import { parsePressure } from '../../proc/pressure.ts';
import { textOf } from '../machine.ts';
import type { Data, SamplerFactory } from '../sampler.ts';

const resources = ['cpu', 'io', 'memory'] as const;

/** Pressure of one resource: the averages in percent, the total in µs. */
const pressureSchema = z.record(z.string(), z.record(z.string(), z.record(z.string(), z.number())));

/**
 * Measures how much a job waits for CPUs, I/O and memory (pressure stall information of control groups of version 2).
 * The data stay empty where the kernel does not count it.
 */
export function pressureSampler(intervalSeconds: number): SamplerFactory {
  return (stored) => {
    let last: Data = pressureSchema.safeParse(stored).data ?? {};
    return {
      id: 'sams.sampler.Pressure',
      intervalSeconds,
      isShortAtStart: false,
      async sample({ groups: { unified } }) {
        if (unified === null) return null;
        const found = resources.flatMap((resource) => {
          const text = textOf(`${unified}/${resource}.pressure`);
          return text === null ? [] : [[resource, parsePressure(text)] as const];
        });
        if (found.length === 0) return null;
        last = Object.fromEntries(found.map(([resource, file]) => [resource, { ...file }]));
        return last;
      },
      final: () => last,
      state: () => last,
    };
  };
}
