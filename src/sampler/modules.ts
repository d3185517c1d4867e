import { globSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import type { ProgramRunner } from '../exec/local-program.ts';
import type { Log } from '../lib/log.ts';
import { askSlurm, infoFromEnvironment, isComplete, type JobInfo } from './job-info.ts';
import type { Machine } from './machine.ts';
import { fileOutput, spoolOutput } from './outputs/file.ts';
import { httpOutput } from './outputs/http.ts';
import type { Output } from './outputs/output.ts';
import { prometheusOutput } from './outputs/prometheus.ts';
import { expand } from './patterns.ts';
import type { SamplerFactory } from './sampler.ts';
import { controlGroupSampler } from './samplers/control-group.ts';
import { coreSampler } from './samplers/core.ts';
import { filesystemSampler } from './samplers/filesystems.ts';
import { ioStatSampler } from './samplers/io-stat.ts';
import { nvidiaSampler } from './samplers/nvidia.ts';
import { pressureSampler } from './samplers/pressure.ts';
import { slurmInfoSampler } from './samplers/slurm-info.ts';
import { softwareSampler } from './samplers/software.ts';
import { zfsSampler } from './samplers/zfs.ts';
import type { ModuleName, SampleSettings } from './settings.ts';

/** A job on a node, with the access to this host that the modules use. */
export type JobPlace = {
  /** A number, or the id of a PBS array job such as `12[3]`. */
  readonly job: number | string;
  readonly node: string;
  readonly machine: Machine;
  readonly environment: NodeJS.ProcessEnv;
  readonly run: ProgramRunner;
  readonly log: Log;
};

/** Returns the samplers of the configuration, in its order. */
export function samplersOf(settings: SampleSettings, place: JobPlace): SamplerFactory[] {
  return settings.samplers.flatMap((name) => samplerOf(name, settings, place) ?? []);
}

function samplerOf(name: ModuleName, { of }: SampleSettings, place: JobPlace): SamplerFactory | null {
  const { job, node, machine, environment, run } = place;
  switch (name) {
    case 'sampler.Core':
      return coreSampler(job, node);
    case 'sampler.Software':
      return softwareSampler(of[name].sampler_interval);
    case 'sampler.SlurmInfo':
      return slurmInfoSampler(of[name].sampler_interval, informant(of[name], place));
    case 'sampler.SlurmCGroup':
    case 'sampler.SlurmCGroup2':
      return controlGroupSampler(`sams.${name}`, of[name].sampler_interval, of[name].metrics_to_average);
    case 'sampler.Pressure':
      return pressureSampler(of[name].sampler_interval);
    case 'sampler.IOStats': {
      const section = of[name];
      return section ? ioStatSampler(section.sampler_interval, machine, devicesOf(section.iostat_devs, place)) : null;
    }
    case 'sampler.FSStats': {
      const section = of[name];
      return section ? filesystemSampler(section.sampler_interval, pathsOf(section.mount_points, place)) : null;
    }
    case 'sampler.NvidiaSMI': {
      const { nvidia_smi_command, nvidia_smi_metrics, metrics_to_average, gpu_index_environment } = of[name];
      const gpus = environment[gpu_index_environment] ?? null;
      const settings = {
        nvidiaSmi: nvidia_smi_command,
        metrics: nvidia_smi_metrics,
        averaged: metrics_to_average,
        gpus,
      };
      return nvidiaSampler(of[name].sampler_interval, { ...settings, run });
    }
    case 'sampler.ZFSStats': {
      const section = of[name];
      if (!section) return null;
      return zfsSampler(section.sampler_interval, {
        zfs: section.zfs_command,
        volumes: section.volumes,
        run,
      });
    }
    default:
      return null;
  }
}

/** Returns the outputs of the configuration for a job, which can be an earlier one of this node. */
export function outputsOf({ of, outputs }: SampleSettings, job: number | string, node: string, log: Log): Output[] {
  return outputs.flatMap((name): Output[] => {
    switch (name) {
      case 'output.File':
        return [fileOutput(of[name], job, node)];
      case 'output.Http':
        return of[name] ? [httpOutput(of[name], job, node)] : [];
      case 'output.Spool':
        return of[name] ? [spoolOutput(of[name], job, node)] : [];
      case 'output.Prometheus':
        return [prometheusOutput(of[name], { job, node }, log)];
      default:
        return [];
    }
  });
}

/** Returns the function that finds out whose job it is: from the environment, and only if that is not enough from Slurm. */
function informant(
  section: SampleSettings['of']['sampler.SlurmInfo'],
  { job, environment, run, log }: JobPlace,
): () => Promise<JobInfo> {
  const given = infoFromEnvironment(environment, String(job));
  return async () => {
    if (isComplete(given)) return given;
    const { info, problem } = await askSlurm(run, String(job), section);
    if (problem !== null) log.warn(`who runs job ${job} is not known: ${problem}; asked again at the next sample`);
    return { ...info, ...given };
  };
}

function pathsOf(patterns: readonly string[], { job, node }: JobPlace): string[] {
  const expanded = patterns.map((pattern) => expand(pattern, { job, node, hashSize: null }));
  return [...new Set(expanded.flatMap((pattern) => (/[*?[]/.test(pattern) ? globSync(pattern) : [pattern])))].sort();
}

/** Returns the names of devices for patterns such as `dm-*` or `/dev/mapper/vg-job%(jobid)s`, which is a link to one. */
function devicesOf(patterns: readonly string[], place: JobPlace): string[] {
  const paths = pathsOf(
    patterns.map((pattern) => (pattern.startsWith('/') ? pattern : `/dev/${pattern}`)),
    place,
  );
  return paths.map((path) => {
    try {
      return basename(realpathSync(path));
    } catch {
      return basename(path);
    }
  });
}
