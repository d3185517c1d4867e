import type { Json } from '../sampler.ts';
import type { Measured } from './output.ts';

/** Which values become metrics, as in the original's configuration. */
export type MetricRules = {
  readonly static_map: Readonly<Record<string, string>>;
  readonly map: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, string>>;
};

/**
 * Returns values as metrics in the Prometheus text format 0.0.4. Each rule has a regular expression for the path of a
 * value, such as `sams.sampler.Software/current/total_user` (a slash at the start is accepted too), and a metric such as
 * `slurm_cpu{jobid="%(jobid)s",gpu="%(index)s"}`. `%(name)s` is a fixed label, a named group of the expression, or
 * a value that `map` looks up. A metric without a value for one of its labels is left out.
 */
export function metricsText(data: Measured, rules: MetricRules): string {
  const values = flattened(data);
  const looked = Object.entries(rules.map).flatMap(([name, path]) => {
    const value = values.get(withoutSlash(path));
    return value === undefined || value === null || value === '' ? [] : [[name, String(value)] as const];
  });
  const known: Readonly<Record<string, string>> = { ...rules.static_map, ...Object.fromEntries(looked) };
  const lines = new Map<string, string[]>();
  for (const [pattern, template] of Object.entries(rules.metrics)) {
    const expression = pathExpression(pattern);
    for (const [path, value] of values) {
      const found = expression.exec(path);
      const number = Number(value);
      if (found === null || value === '' || typeof value === 'boolean' || value === null || !Number.isFinite(number))
        continue;
      const metric = filled(template, { ...known, ...found.groups });
      if (metric === null) continue;
      const name = metric.split('{')[0] ?? '';
      lines.set(name, [...(lines.get(name) ?? []), `${metric} ${number}`]);
    }
  }
  return [...lines]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, found]) => `# HELP ${name} Job Usage Metrics\n# TYPE ${name} gauge\n${found.sort().join('\n')}\n`)
    .join('');
}

/**
 * Returns the regular expression of a rule, which matches from the start of a path. Python's `(?P<name>` is accepted.
 * Throws a SyntaxError if it is none.
 */
export function pathExpression(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern.replace(/^\^/, '').replace(/^\//, '').replaceAll('(?P<', '(?<')})`);
}

/** Returns the values by their paths: the names on the way to each, joined by slashes. */
function flattened(value: Json | Measured, path: readonly string[] = []): Map<string, Json> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Map([[path.join('/'), value as Json]]);
  return new Map(Object.entries(value).flatMap(([name, member]) => [...flattened(member, [...path, name])]));
}

/** Fills a template; null if one of its names has no value. Values are escaped as labels are. */
function filled(template: string, values: Readonly<Record<string, string | undefined>>): string | null {
  let isWhole = true;
  const text = template.replace(/%\((\w+)\)s/g, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined || value === '') isWhole = false;
    return (value ?? '').replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  });
  return isWhole ? text : null;
}

function withoutSlash(path: string): string {
  return path.replace(/^\//, '');
}
