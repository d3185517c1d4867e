import { z } from 'zod';
import { addToAverage, averageOf, averageSchema } from '../averages.ts';
import { type CpuTime, cpuTimeOf } from '../groups.ts';
import { ticksPerSecond } from '../machine.ts';
import type { JobProcess } from '../processes.ts';
import type { Data, JobObservation, SamplerFactory } from '../sampler.ts';

/** CPU time in clock ticks. */
const ticks = z.object({ user: z.number(), system: z.number() });

const stateSchema = z.object({
  /** Of each program, by its path. */
  programs: z.record(z.string(), ticks),
  /** The last counts of each process that still runs. */
  processes: z.record(z.string(), ticks),
  /** In seconds since 1970; 0 before the first process was seen. */
  startedAt: z.number(),
  lastAt: z.number(),
  /** The CPU time that the job's control group has counted, in seconds; null if it does not count. */
  counted: z.object({ user: z.number(), system: z.number() }).nullable(),
  averages: z.object({ user: averageSchema.optional(), system: averageSchema.optional() }),
});

type State = z.infer<typeof stateSchema>;

const nothing: State = { programs: {}, processes: {}, startedAt: 0, lastAt: 0, counted: null, averages: {} };

/**
 * Measures which programs use the CPU time of a job. The time since the last look is that of the program that a process
 * runs now. Programs that start and end between two looks are in the total of the job's control group only: `untracked`
 * is the difference.
 */
export function softwareSampler(intervalSeconds: number): SamplerFactory {
  return (stored) => {
    let state = stateSchema.safeParse(stored).data ?? nothing;
    return {
      id: 'sams.sampler.Software',
      intervalSeconds,
      isShortAtStart: true,
      async sample(observation) {
        const before = state;
        state = after(state, observation);
        const isFirst = before.startedAt === 0;
        return state.startedAt === 0 || isFirst ? null : currentOf(before, state);
      },
      final: () => finalOf(state),
      state: () => state,
    };
  };
}

/** Returns the state after a look at the processes. */
function after(state: State, { processes, groups, at }: JobObservation): State {
  const running = processes.filter(({ program }) => program !== null);
  const programs = { ...state.programs };
  for (const process of running) add(programs, process, state.processes[process.key]);
  const counted = cpuTimeOf(groups) ?? state.counted;
  const next: State = {
    programs,
    processes: Object.fromEntries(
      running.map(({ key, stat }) => [key, { user: stat.userTicks, system: stat.systemTicks }]),
    ),
    startedAt: state.startedAt === 0 && running.length > 0 ? Math.floor(at) : state.startedAt,
    lastAt: running.length > 0 ? at : state.lastAt,
    counted,
    averages: state.averages,
  };
  const [earlier, now] = [totalOf(state), totalOf(next)];
  const seconds = at - state.lastAt;
  if (state.startedAt === 0 || seconds <= 0) return next;
  const used = (of: keyof CpuTime) => addToAverage(state.averages[of], at, (now[of] - earlier[of]) / seconds);
  return { ...next, averages: { user: used('user'), system: used('system') } };
}

function add(
  programs: Record<string, { user: number; system: number }>,
  { program, stat }: JobProcess,
  last = { user: 0, system: 0 },
): void {
  const path = program ?? '';
  const sum = programs[path] ?? { user: 0, system: 0 };
  // A count never decreases: a smaller one is that of another process.
  const since = (now: number, before: number) => (now >= before ? now - before : now);
  programs[path] = {
    user: sum.user + since(stat.userTicks, last.user),
    system: sum.system + since(stat.systemTicks, last.system),
  };
}

/** Returns the CPU time of all programs that were seen, in seconds. */
function totalOf({ programs }: State): CpuTime {
  const all = Object.values(programs);
  return {
    user: all.reduce((sum, { user }) => sum + user, 0) / ticksPerSecond,
    system: all.reduce((sum, { system }) => sum + system, 0) / ticksPerSecond,
  };
}

function secondsByProgram({ programs }: State): Record<string, CpuTime> {
  return Object.fromEntries(
    Object.entries(programs).map(([path, { user, system }]) => [
      path,
      { user: user / ticksPerSecond, system: system / ticksPerSecond },
    ]),
  );
}

function currentOf(before: State, state: State): Data {
  const total = totalOf(state);
  const { user, system } = state.averages;
  return {
    current: {
      software: secondsByProgram(state),
      total_user: total.user,
      total_system: total.system,
      ...(user && { user: user.last, user_average: averageOf(user) }),
      ...(system && { system: system.last, system_average: averageOf(system) }),
      elapsed_time: state.lastAt - before.lastAt,
    },
  };
}

function finalOf(state: State): Data {
  const total = totalOf(state);
  const more = (counted: number, seen: number) =>
    Math.max(0, Math.round((counted - seen) * ticksPerSecond) / ticksPerSecond);
  return {
    execs: secondsByProgram(state),
    start_time: state.startedAt,
    end_time: Math.floor(state.lastAt),
    ...(state.counted && {
      untracked: { user: more(state.counted.user, total.user), system: more(state.counted.system, total.system) },
    }),
  };
}
