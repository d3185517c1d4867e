import { z } from 'zod';
import { countCpus, parseCount } from '../../proc/counters.ts';
import { type Average, addToAverage, averageOf, averageSchema } from '../averages.ts';
import type { JobGroups } from '../groups.ts';
import { textOf } from '../machine.ts';
import type { Data, SamplerFactory } from '../sampler.ts';

const stateSchema = z.object({
  last: z.record(z.string(), z.union([z.string(), z.number()])),
  averages: z.record(z.string(), averageSchema),
});

/** The values of a job's control groups; null for what the kernel does not tell or does not limit. */
type Values = Readonly<
  Record<'cpus' | 'memory_usage' | 'memory_limit' | 'memory_max_usage' | 'memory_swap', number | null>
>;

/**
 * Measures the memory and the CPUs of a job, in bytes and CPUs, from its control groups of either version. The original
 * had one sampler for each version, and the data keep the name that was asked for.
 * @param averaged the values whose average is reported as `NAME_average`
 */
export function controlGroupSampler(
  id: 'sams.sampler.SlurmCGroup' | 'sams.sampler.SlurmCGroup2',
  intervalSeconds: number,
  averaged: readonly string[],
): SamplerFactory {
  return (stored) => {
    let { last, averages } = stateSchema.safeParse(stored).data ?? { last: {}, averages: {} };
    const data = (): Data => ({
      ...last,
      ...Object.fromEntries(Object.entries(averages).map(([name, average]) => [`${name}_average`, averageOf(average)])),
    });
    return {
      id,
      intervalSeconds,
      isShortAtStart: true,
      async sample({ groups, at }) {
        const values = groups.unified === null ? valuesOfVersion1(groups) : valuesOfVersion2(groups.unified, groups);
        const known = Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== null);
        // At the job's end its groups are removed one after the other: the last values stay.
        if (known.length === 0) return null;
        // The original reports bytes as text.
        const now = Object.fromEntries(known.map(([name, value]) => [name, name === 'cpus' ? value : String(value)]));
        last = { ...last, ...now };
        const newAverages = Object.fromEntries(
          known.flatMap(([name, value]): [string, Average][] =>
            averaged.includes(name) ? [[name, addToAverage(averages[name], at, value)]] : [],
          ),
        );
        averages = { ...averages, ...newAverages };
        return data();
      },
      final: data,
      state: () => ({ last, averages }),
    };
  };
}

/** Documentation/admin-guide/cgroup-v1/memory.rst of the kernel: `memsw` is memory and swap together. */
function valuesOfVersion1({ byController }: JobGroups): Values {
  const memory = (name: string) => countIn(byController.get('memory'), `memory.${name}`);
  const usage = memory('usage_in_bytes');
  const withSwap = memory('memsw.usage_in_bytes');
  return {
    cpus: cpusIn(byController.get('cpuset'), 'cpuset.cpus'),
    memory_usage: usage,
    memory_limit: memory('limit_in_bytes'),
    memory_max_usage: memory('max_usage_in_bytes'),
    memory_swap: usage === null || withSwap === null ? null : Math.max(0, withSwap - usage),
  };
}

/** Documentation/admin-guide/cgroup-v2.rst of the kernel. */
function valuesOfVersion2(directory: string, groups: JobGroups): Values {
  // In a hybrid setup the controllers are in version 1, and version 2 has the processes only.
  const old = valuesOfVersion1(groups);
  return {
    cpus: cpusIn(directory, 'cpuset.cpus.effective') ?? cpusIn(directory, 'cpuset.cpus') ?? old.cpus,
    memory_usage: countIn(directory, 'memory.current') ?? old.memory_usage,
    memory_limit: countIn(directory, 'memory.max') ?? old.memory_limit,
    memory_max_usage: countIn(directory, 'memory.peak') ?? old.memory_max_usage,
    memory_swap: countIn(directory, 'memory.swap.current') ?? old.memory_swap,
  };
}

function countIn(directory: string | undefined, name: string): number | null {
  return directory === undefined ? null : parseCount(textOf(`${directory}/${name}`) ?? '');
}

function cpusIn(directory: string | undefined, name: string): number | null {
  const text = directory === undefined ? null : textOf(`${directory}/${name}`);
  // An empty list inherits that of the parent.
  return text === null || text.trim() === '' ? null : countCpus(text);
}
