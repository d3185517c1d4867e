import { spyOn } from 'bun:test';
import * as modules from '../../src/sampler/modules.ts';
import type { Measured, Output } from '../../src/sampler/outputs/output.ts';
import { sampleJob } from '../../src/sampler/sample-job.ts';
import type { Data, JobObservation, SamplerFactory } from '../../src/sampler/sampler.ts';
import { testNode } from './node.ts';

/** 2027-01-15, in seconds since 1970: the start of the sampling. */
export const epoch = 1_800_000_000;

type Setup = {
  readonly samplers?: readonly { readonly make: SamplerFactory }[];
  readonly outputs?: readonly Output[];
  /** Lines of the section of the collector. */
  readonly collector?: string;
  readonly grace?: number;
  /** Other sections. */
  readonly more?: string;
};

/** The sampling of job 12 with samplers and outputs of the test, in a time of its own: no wait takes time. */
export function testSampling() {
  const node = testNode();
  const stop = new AbortController();
  let now = 0;
  let events: { readonly at: number; readonly happens: () => void }[] = [];

  /** Lets happen what happens in a wait, and ends it. A signal ends it too. */
  function pass(until: number, end: () => void): void {
    for (;;) {
      const [next] = events;
      if (next === undefined || next.at * 1000 > until) break;
      events = events.slice(1);
      now = next.at * 1000;
      next.happens();
      if (stop.signal.aborted) return;
    }
    now = until;
    end();
  }
  const timer = 7;
  const wait = (end: () => void, milliseconds: number) => {
    queueMicrotask(() => pass(now + milliseconds, end));
    return timer;
  };
  const spies: { mockRestore(): void }[] = [
    spyOn(performance, 'now').mockImplementation(() => now),
    spyOn(Date, 'now').mockImplementation(() => epoch * 1000 + now),
    spyOn(globalThis, 'setTimeout').mockImplementation(wait as unknown as typeof setTimeout),
  ];

  const at = (seconds: number, happens: () => void) => {
    events = [...events, { at: seconds, happens }].sort((one, other) => one.at - other.at);
  };
  const seconds = () => now / 1000;
  return {
    node,
    stop,
    /** What every timer is. */
    timer,
    /** Seconds since the start of the sampling. */
    seconds,
    at,
    abortAt: (time: number) => at(time, () => stop.abort()),
    startJob: () =>
      node.host.run({ pid: 5, program: '/bin/a', user: 1, system: 1, groups: { memory: '/job_12/step_0' } }),
    endJob: () => node.host.end(5),
    /** Restores a spy at the end of the test. */
    restoreLater: (...more: readonly { mockRestore(): void }[]) => void spies.push(...more),
    sample({ samplers = [], outputs = [], collector = '', grace = 600, more = '' }: Setup): Promise<boolean> {
      spies.push(
        spyOn(modules, 'samplersOf').mockReturnValue(samplers.map(({ make }) => make)),
        spyOn(modules, 'outputsOf').mockReturnValue([...outputs]),
      );
      const settings = node.settings(collector, `pidfinder.Slurm: { grace_period: ${grace} }\n${more}`);
      return sampleJob(settings, node.place(), stop.signal);
    },
    remove() {
      for (const spy of spies) spy.mockRestore();
      node.remove();
    },
    recorder: (recorded: Recorded, sample?: () => Data | null) => recorder(seconds, recorded, sample),
    output: (id: string, write?: () => void) => recordedOutput(seconds, id, write),
  };
}

type Recorded = { readonly id: string; readonly intervalSeconds?: number; readonly isShortAtStart?: boolean };

/** A sampler that records when it looks, and what it sees. */
function recorder(
  now: () => number,
  { id, intervalSeconds = 60, isShortAtStart = true }: Recorded,
  sample?: () => Data | null,
) {
  const times: number[] = [];
  const states: unknown[] = [];
  const seen: JobObservation[] = [];
  const make: SamplerFactory = (state) => {
    states.push(state);
    return {
      id,
      intervalSeconds,
      isShortAtStart,
      async sample(observation) {
        times.push(now());
        seen.push(observation);
        return sample ? sample() : { times: times.length };
      },
      final: () => ({ final: id }),
      state: () => ({ state: id }),
    };
  };
  return { make, times, states, seen };
}

/** An output that records the data that it gets. */
function recordedOutput(now: () => number, id: string, write: () => void = () => {}) {
  const sampled: [seconds: number, data: Measured][] = [];
  const written: Measured[] = [];
  const output: Output = {
    id,
    retries: 0,
    pauseSeconds: 0,
    sampled: (data) => void sampled.push([now(), data]),
    async write(data) {
      write();
      written.push(data);
    },
  };
  return { output, sampled, written };
}
