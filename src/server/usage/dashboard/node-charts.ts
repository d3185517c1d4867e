import type { Masks } from '../engine/filter.ts';
import { noGrouping } from '../engine/grouping.ts';
import type { Loaded } from '../engine/loaded.ts';
import type { UsageWindow } from '../engine/periods.ts';
import { groupingOf, maxSeries } from './colour-grouping.ts';
import { nodeUsage } from './node-usage.ts';
import type { FilterRequest } from './request.ts';
import { seriesOf } from './series.ts';

/** The most numbers in a chart of nodes by group. */
const maxNodeCells = 500_000;

/** Returns the charts of the hours on each node. */
export function nodeCharts(
  request: FilterRequest,
  loaded: Loaded,
  masks: Masks,
  { ran: window, days }: { readonly ran: UsageWindow; readonly days: number },
) {
  const all = nodeUsage(loaded, masks, window, noGrouping());
  const x = all.nodes.map((id) => loaded.names[id] ?? '');
  // The cores of nodes are not known. A node has at least the most CPUs that one job had on it.
  const hardware = x.map((name, index) => [
    name,
    { cpu_cores: all.mostCpus[index] ?? 0, gpu_count: all.mostGpus[index] ?? 0, known_hardware: false },
  ]);
  const rest = {
    normalized: false,
    hardware_config: Object.fromEntries(hardware),
    total_hours: 24 * days,
    jobs_without_nodes: all.jobsWithoutNodes,
  };
  const sumsOf = (hours: readonly (readonly number[])[]) => hours[0] ?? [];
  if (request.colour === null) {
    return {
      node_cpu_usage: { x, y: sumsOf(all.cpuHours), ...rest },
      node_gpu_usage: { x, y: sumsOf(all.gpuHours), ...rest },
    };
  }
  const most = Math.min(maxSeries, Math.floor(maxNodeCells / Math.max(1, x.length)));
  const grouping = groupingOf(request, loaded, masks, window, most) ?? noGrouping();
  const coloured = nodeUsage(loaded, masks, window, grouping);
  const labels = grouping.labels.map((label) => label ?? 'none');
  const series = (hours: readonly (readonly number[])[]) => seriesOf(labels, (group) => hours[group] ?? [], x.length);
  return {
    node_cpu_usage: { x, series: series(coloured.cpuHours), ...rest },
    node_gpu_usage: { x, series: series(coloured.gpuHours), ...rest },
  };
}
