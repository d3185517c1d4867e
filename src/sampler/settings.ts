import { z } from 'zod';
import { ConfigError } from '../config/problem.ts';
import { namedLayers, withoutPrefix } from '../config/sams-file.ts';
import { checkSettings, problemAt } from '../config/settings.ts';
import { pathExpression } from './outputs/metrics.ts';

/** A length of time in seconds. */
const seconds = z.number().positive().max(86_400);
const path = z.string().startsWith('/', 'must be an absolute path');
const names = z.array(z.string()).default([]);
const interval = { sampler_interval: seconds.default(60) };
/** Attempts of an output after the first one, and the pause between them in seconds. */
const retries = { retry_count: z.int().min(0).max(100).default(3), retry_sleep: z.number().min(0).max(600).default(3) };
const hashSize = z.int().positive().nullable().default(null);
const prometheus = {
  /** Labels with a fixed value. */
  static_map: z.record(z.string(), z.string()).default({}),
  /** Labels whose value is looked up in the data, by the path of the value. */
  map: z.record(z.string(), z.string()).default({}),
  /** A regular expression for the path of a value, and the metric that it becomes. */
  metrics: z.record(z.string().refine(isExpression, 'is not a regular expression'), z.string()).default({}),
};
const log = {
  loglevel: z.enum(['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG']).optional(),
  logfile: path.optional(),
  logformat: z.string().optional(),
};

function isExpression(pattern: string): boolean {
  try {
    pathExpression(pattern);
    return true;
  } catch {
    return false;
  }
}

/** The modules of the original program with their settings and defaults, by their names without `sams.`. */
const modules = {
  'pidfinder.Slurm': z.strictObject({ grace_period: z.number().min(0).default(600) }).prefault({}),
  'pidfinder.PBS': z.strictObject({ grace_period: z.number().min(0).default(600) }).prefault({}),
  'sampler.Core': z.strictObject(interval).prefault({}),
  'sampler.Software': z
    .strictObject({
      ...interval,
      software_mapper: z.string().optional(),
      metrics_to_average: names.default(['system', 'user']),
    })
    .prefault({}),
  'sampler.SlurmInfo': z
    .strictObject({
      ...interval,
      scontrol: z.string().min(1).default('scontrol'),
      squeue: z.string().min(1).default('squeue'),
      sacct: z.string().min(1).default('sacct'),
      /** Variables for these programs, such as SLURM_CONF. */
      environment: z.record(z.string(), z.string()).default({}),
    })
    .prefault({}),
  'sampler.SlurmCGroup': z
    .strictObject({ ...interval, cgroup_base: path.optional(), metrics_to_average: names.default(['memory_usage']) })
    .prefault({}),
  'sampler.SlurmCGroup2': z
    .strictObject({ ...interval, cgroup_base: path.optional(), metrics_to_average: names.default(['memory_usage']) })
    .prefault({}),
  'sampler.IOStats': z
    .strictObject({ ...interval, iostat_command: z.string().optional(), iostat_devs: z.array(z.string()).min(1) })
    .optional(),
  'sampler.FSStats': z.strictObject({ ...interval, mount_points: z.array(z.string()).min(1) }).optional(),
  'sampler.Pressure': z.strictObject({ ...interval, cgroup_base: path.optional() }).prefault({}),
  'sampler.NvidiaSMI': z
    .strictObject({
      ...interval,
      nvidia_smi_command: z.string().min(1).default('nvidia-smi'),
      gpu_index_environment: z.string().min(1).default('SLURM_JOB_GPUS'),
      nvidia_smi_metrics: z
        .array(z.string().regex(/^[a-z0-9_.]+$/, 'must be a name of nvidia-smi --help-query-gpu'))
        .min(1)
        .default([
          'power.draw',
          'power.limit',
          'clocks.applications.memory',
          'clocks.applications.graphics',
          'clocks.current.graphics',
          'clocks.current.sm',
          'utilization.gpu',
          'utilization.memory',
        ]),
      metrics_to_average: names.default(['power.draw', 'utilization.gpu', 'utilization.memory']),
    })
    .prefault({}),
  'sampler.ZFSStats': z
    .strictObject({
      ...interval,
      zfs_command: z.string().min(1).default('/sbin/zfs'),
      volumes: z.array(z.string()).min(1),
    })
    .optional(),
  'output.File': z
    .strictObject({
      ...retries,
      base_path: path.default('/tmp'),
      file_pattern: z.string().min(1).default('%(jobid)s.%(node)s.json'),
      jobid_hash_size: hashSize,
      exclude: names,
    })
    .prefault({}),
  'output.Http': z
    .strictObject({
      ...retries,
      uri: z.string().regex(/^https?:\/\//, 'must be an http or https address'),
      jobid_hash_size: hashSize,
      key_file: path.optional(),
      cert_file: path.optional(),
      ca_file: path.optional(),
      username: z.string().optional(),
      password: z.string().optional(),
      /** A file with mode 600 that has an API key, which is sent as X-API-Key. */
      api_key_file: path.optional(),
      exclude: names,
    })
    .optional(),
  'output.Prometheus': z
    .strictObject({
      ...retries,
      ...prometheus,
      path: path.default('/var/lib/prometheus/node-exporter/slurm_%(jobid)s.prom'),
    })
    .prefault({}),
  /** A directory that a login host can read: its `run` sends the files. */
  'output.Spool': z.strictObject({ ...retries, path, exclude: names }).optional(),
  'listener.Prometheus': z
    .strictObject({ ...prometheus, socketdir: path.default('/tmp/softwareaccounting') })
    .prefault({}),
} as const;

/** The name of a module, without `sams.`. */
export type ModuleName = keyof typeof modules;

const moduleNames = Object.keys(modules) as ModuleName[];

const collector = z
  .strictObject({
    pid_finder_update_interval: seconds.default(30),
    pid_finder: z.string().default('pidfinder.Slurm'),
    samplers: names,
    outputs: names,
    listeners: names,
    /** Octal, as text or as a number without a leading 0. */
    umask: z
      .union([z.string(), z.number()])
      .transform(String)
      .pipe(z.string().regex(/^0?[0-7]{1,3}$/, 'must be octal, such as 077'))
      .default('077'),
    ...log,
    /** Where a sampler stores how far it is, in case it is killed. */
    checkpoint_path: path.default('/var/spool/hpc-collector/checkpoints'),
    checkpoint_interval: seconds.default(300),
  })
  .prefault({});

/** The names that the top of the file can have: with `sams.` as in the original, or without. */
const schema = z.strictObject({
  collector,
  common: z.strictObject(log).prefault({}),
  ...modules,
});

const fromKernel = 'control groups are found below /sys/fs/cgroup';
/** The settings of the original that have no effect, with the reason. */
const withoutEffect = [
  ['collector', 'logformat', 'lines of the log have the format of this program'],
  ['common', 'logformat', 'lines of the log have the format of this program'],
  ['sampler.Software', 'software_mapper', 'sample report --rules and the receiver map paths to software'],
  ['sampler.SlurmCGroup', 'cgroup_base', fromKernel],
  ['sampler.SlurmCGroup2', 'cgroup_base', fromKernel],
  ['sampler.Pressure', 'cgroup_base', fromKernel],
  ['sampler.IOStats', 'iostat_command', 'the same data come from /proc/diskstats'],
] as const;

/** The settings of a sampler. Times are in seconds. */
export type SampleSettings = {
  readonly collector: z.output<typeof collector>;
  readonly samplers: readonly ModuleName[];
  readonly outputs: readonly ModuleName[];
  readonly listeners: readonly ModuleName[];
  readonly finder: 'pidfinder.Slurm' | 'pidfinder.PBS';
  readonly log: { readonly level: 'quiet' | 'normal' | 'verbose'; readonly file: string | null };
  /** A sentence for each setting that is accepted from existing files and has no effect. */
  readonly withoutEffect: readonly string[];
  readonly of: z.output<typeof schema>;
};

/**
 * Reads the configuration of the original program (`sams.collector`, or `sams-collector` as in its manual), or the same
 * without `sams.`. Throws ConfigError that lists every error with its line.
 */
export function readSampleSettings(file: string): SampleSettings {
  const layers = namedLayers(file);
  const of = checkSettings(schema, layers);
  const chosen = (setting: 'samplers' | 'outputs' | 'listeners', kind: string): ModuleName[] =>
    of.collector[setting].map((name, index) => {
      const found = moduleNames.find((known) => known === withoutPrefix(name) || known === `${kind}.${name}`);
      if (found?.startsWith(kind) && of[found] !== undefined) return found;
      const known = moduleNames.filter((one) => one.startsWith(kind)).map((one) => `sams.${one}`);
      const words = !found?.startsWith(kind)
        ? `unknown module '${name}' (known: ${known.join(', ')})`
        : `'${name}' needs a section sams.${found} with its settings`;
      throw new ConfigError([problemAt(layers, ['collector', setting, index], words)]);
    });
  const finder = withoutPrefix(of.collector.pid_finder);
  if (finder !== 'pidfinder.Slurm' && finder !== 'pidfinder.PBS') {
    const words = 'must be sams.pidfinder.Slurm or sams.pidfinder.PBS';
    throw new ConfigError([problemAt(layers, ['collector', 'pid_finder'], words)]);
  }
  const level = of.collector.loglevel ?? of.common.loglevel ?? 'ERROR';
  return {
    collector: of.collector,
    samplers: chosen('samplers', 'sampler'),
    outputs: chosen('outputs', 'output'),
    listeners: chosen('listeners', 'listener'),
    finder,
    log: {
      level: level === 'DEBUG' ? 'verbose' : level === 'INFO' ? 'normal' : 'quiet',
      file: of.collector.logfile ?? of.common.logfile ?? null,
    },
    withoutEffect: withoutEffect.flatMap(([section, setting, reason]) => {
      const isGiven = setting in (of[section] ?? {});
      return isGiven ? [`sams.${section}: ${setting} has no effect: ${reason}`] : [];
    }),
    of,
  };
}
