import type { Measured, MeasuredGpu, MeasuredNode, ProgramTime } from '../../../server/sampled/answers.ts';
import { Fact, Facts } from '../../components/facts.tsx';
import { Section } from '../../components/section.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { gibibytes, percent, plural, short } from '../../format/numbers.ts';
import { hoursText } from '../usage/charts.ts';

const gib = 1024 ** 3;

/** What a sampler measured of the processes of a job. */
export function MeasuredSections({ measured }: { measured: Measured }) {
  const { nodes, cpu_seconds, allocated_cpu_seconds, cpu_percent } = measured;
  const peaks = nodes.flatMap(({ memory_peak }) => memory_peak ?? []);
  const gpus = nodes.flatMap(({ node, gpus }) => gpus.map((gpu) => ({ node, ...gpu })));
  const uses = gpus.flatMap(({ utilisation_percent }) => utilisation_percent ?? []);
  return (
    <>
      <Section id="measured" title="Measured use">
        <Facts>
          <Fact name="CPU time">{hoursText(cpu_seconds / 3600)}</Fact>
          <Fact
            name="CPU efficiency"
            detail={
              allocated_cpu_seconds === null
                ? 'the CPUs of the job are not known'
                : `of ${short(allocated_cpu_seconds / 3600)} CPU hours`
            }
          >
            {percent(cpu_percent)}
          </Fact>
          <Fact name="Peak memory" detail={peaks.length > 1 ? 'on one node' : null}>
            {gibibytes(peaks.length === 0 ? null : Math.max(...peaks) / gib)}
          </Fact>
          {gpus.length > 0 && (
            <Fact name="GPU use" detail={gpus.length === 1 ? null : `mean of ${gpus.length} GPUs`}>
              {percent(uses.length === 0 ? null : uses.reduce((sum, use) => sum + use, 0) / uses.length)}
            </Fact>
          )}
        </Facts>
      </Section>
      <Software measured={measured} />
      <Nodes nodes={nodes} />
      {gpus.length > 0 && <Gpus gpus={gpus} />}
    </>
  );
}

function Software({ measured: { software, untracked, cpu_seconds } }: { measured: Measured }) {
  const rows: ProgramTime[] = untracked ? [...software, { path: 'not tracked', ...untracked }] : [...software];
  const columns: readonly Column<ProgramTime>[] = [
    {
      key: 'program',
      title: 'Program',
      value: ({ path }) => path,
      cell: ({ path }) => <span class="lines-kept">{path}</span>,
    },
    {
      key: 'share',
      title: 'Share, %',
      value: (program) => (cpu_seconds > 0 ? Math.round((1000 * secondsOf(program)) / cpu_seconds) / 10 : null),
    },
    { key: 'seconds', title: 'CPU time, s', value: secondsOf },
    { key: 'user', title: 'User, s', value: ({ user_seconds }) => user_seconds, isMinor: true },
    { key: 'system', title: 'System, s', value: ({ system_seconds }) => system_seconds, isMinor: true },
  ];
  return (
    <Section id="software" title="Software">
      <Table caption="CPU time of programs" id="software" columns={columns} rows={rows} keyOf={({ path }) => path} />
      {untracked && (
        <p class="detail">
          Not tracked: CPU time of the job that cannot be assigned to a program, such as of short processes.
        </p>
      )}
    </Section>
  );
}

function secondsOf({ user_seconds, system_seconds }: ProgramTime): number {
  return Math.round(100 * (user_seconds + system_seconds)) / 100;
}

function Nodes({ nodes }: { nodes: readonly MeasuredNode[] }) {
  const memory = (key: 'memory_average' | 'memory_peak' | 'memory_limit', title: string): Column<MeasuredNode> => ({
    key,
    title: `${title}, GiB`,
    value: (node) => inGib(node[key]),
  });
  const columns: readonly Column<MeasuredNode>[] = [
    { key: 'node', title: 'Node', value: ({ node }) => node },
    {
      key: 'cpu',
      title: 'CPU time, s',
      value: ({ cpu_seconds }) => (cpu_seconds === null ? null : Math.round(100 * cpu_seconds) / 100),
    },
    { ...memory('memory_average', 'Mean memory'), isMinor: true },
    memory('memory_peak', 'Peak memory'),
    { ...memory('memory_limit', 'Memory limit'), isMinor: true },
  ];
  return (
    <Section id="nodes" title="Nodes">
      <Table caption="Use of each node" id="nodes" columns={columns} rows={nodes} keyOf={({ node }) => node} />
    </Section>
  );
}

function inGib(bytes: number | null): number | null {
  return bytes === null ? null : Math.round((100 * bytes) / gib) / 100;
}

type NodeGpu = MeasuredGpu & { readonly node: string };

function Gpus({ gpus }: { gpus: readonly NodeGpu[] }) {
  const mean = (title: string, value: (gpu: NodeGpu) => number | null): Column<NodeGpu> => ({
    key: title.toLowerCase(),
    title,
    value: (gpu) => rounded(value(gpu)),
  });
  const columns: readonly Column<NodeGpu>[] = [
    { key: 'gpu', title: 'GPU', value: ({ node, index }) => `${node}, GPU ${index}` },
    mean('Mean use, %', ({ utilisation_percent }) => utilisation_percent),
    mean('Memory use, %', ({ memory_percent }) => memory_percent),
    mean('Power, W', ({ power_watts }) => power_watts),
  ];
  return (
    <Section id="gpus" title="GPUs">
      <Table
        caption={`Use of ${plural(gpus.length, 'GPU')}`}
        id="gpus"
        columns={columns}
        rows={gpus}
        keyOf={({ node, index }) => `${node} ${index}`}
      />
    </Section>
  );
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(10 * value) / 10;
}
