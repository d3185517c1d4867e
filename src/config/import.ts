import { existsSync, mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseEnv } from 'node:util';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { writeDurably } from '../lib/durable.ts';
import { messageOf, OperatorError } from '../lib/errors.ts';
import { plainWords } from '../lib/plain-words.ts';
import { printable } from '../lib/text.ts';
import { collectorSchema } from './collector.ts';
import { addressOfDestination } from './destination-settings.ts';
import { ConfigError } from './problem.ts';
import { readSecretFile } from './secret-file.ts';
import { checkSettings, pathText } from './settings.ts';
import { parseYaml } from './yaml.ts';

/** `config.json` of slurm-usage-history-exporter, which this program replaces. */
const exporterConfig = z.looseObject({
  api_url: z.string(),
  api_key: z.string().regex(/^[\x21-\x7e]+$/, 'is empty, or has blanks or characters that are not printable ASCII'),
  cluster_name: z.string().optional(),
  timeout: z.number().optional(),
  collection_window_days: z.number().optional(),
});

/** The setting in `collector.yaml` for each member; the key is written to `env`. */
const places = {
  api_url: ['destinations', 'ingest', 'url'],
  timeout: ['destinations', 'ingest', 'timeout'],
  cluster_name: ['jobs', 'cluster_name'],
  collection_window_days: ['jobs', 'window_days'],
} as const;

const keyVariable = 'INGEST_API_KEY';

/** The result of an import. */
export type Import = {
  /** The written files with their new settings; the key is named but not shown. */
  readonly written: readonly { readonly file: string; readonly settings: readonly string[] }[];
  /** Settings of the file that this program does not need. */
  readonly unused: readonly string[];
};

/**
 * Copies the settings of a `config.json` to `collector.yaml` and `env`, and sets `jobs.timezone` to this host's zone if it
 * is not set: the exporter sent the times of the host's clock. Other settings stay unchanged. Throws OperatorError, and
 * writes nothing, if one of them is already set to another value.
 */
export function importExporterConfig(source: string, directory: string, hostZone: string): Import {
  const settings = readExporterConfig(source);
  const yamlFile = join(directory, 'collector.yaml');
  const envFile = join(directory, 'env');

  const before = textOf(yamlFile) ?? '';
  // Throws with the place of the first error.
  checkSettings(collectorSchema, [parseYaml(before, yamlFile)]);
  const document = parseDocument(before);
  const problems: string[] = [];
  const newSettings: string[] = [];
  for (const [name, path] of Object.entries(places)) {
    const value = Reflect.get(settings, name);
    if (value === undefined) continue;
    const set = document.getIn(path);
    if (set === undefined) {
      document.setIn(path, value);
      newSettings.push(`${pathText(path)}: ${printable(String(value), 200)}`);
    } else if (set !== value) {
      problems.push(
        `${pathText(path)} is ${printable(String(set), 200)} in ${yamlFile}, but ${printable(String(value), 200)} in ${source}`,
      );
    }
  }
  if (!document.hasIn(['jobs', 'timezone'])) {
    document.setIn(['jobs', 'timezone'], hostZone);
    newSettings.push(`jobs.timezone: ${hostZone} (the zone of this host; the exporter sent local times of this zone)`);
  }
  const env = readSecretFile(envFile, 'passwords') ?? '';
  const keyBefore = parseEnv(env)[keyVariable] || undefined;
  if (keyBefore !== undefined && keyBefore !== settings.api_key) {
    problems.push(`${keyVariable} in ${envFile} differs from api_key`);
  }
  if (problems.length > 0) {
    throw new OperatorError(
      `nothing is imported from ${source}: ${problems.join('; ')}: make them agree, then import again`,
    );
  }

  const yaml = document.toString({ lineWidth: 0 });
  // Check the result as it will be read, so that a wrong setting is not written.
  try {
    addressOfDestination('ingest', checkSettings(collectorSchema, [parseYaml(yaml, yamlFile)]), {});
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const words = error.problems.map((problem) => problem.words);
    throw new OperatorError(`nothing is imported from ${source}: ${words.join('; ')}`, { cause: error });
  }

  const files = [
    ...(keyBefore === undefined
      ? [
          {
            file: envFile,
            text: `${withLineEnd(env)}${assignment(settings.api_key)}\n`,
            mode: 0o600,
            settings: [keyVariable],
          },
        ]
      : []),
    ...(newSettings.length > 0 ? [{ file: yamlFile, text: yaml, mode: 0o644, settings: newSettings }] : []),
  ];
  for (const { file, text, mode } of files) write(file, text, mode, directory);
  const known: readonly string[] = ['api_key', ...Object.keys(places)];
  return {
    written: files.map(({ file, settings: names }) => ({ file, settings: names })),
    unused: Object.keys(settings)
      .filter((name) => !known.includes(name))
      .map((name) => printable(name, 60)),
  };
}

function readExporterConfig(source: string): z.output<typeof exporterConfig> {
  const text = readSecretFile(source, 'an API key');
  if (text === null)
    throw new OperatorError(`there is no ${source}: name a config.json of slurm-usage-history-exporter`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Do not quote the parser's message: it contains part of the file, which holds the key.
    throw new OperatorError(`${source} is not JSON: correct it, then import again`);
  }
  const parsed = exporterConfig.safeParse(json, { error: plainWords });
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => `${pathText(path) || basename(source)}: ${message}`);
  throw new OperatorError(`${source} is not a configuration of slurm-usage-history-exporter: ${wrong.join('; ')}`);
}

/** Formats a value so that reading `env` returns the same value. Throws OperatorError if that is not possible. */
function assignment(key: string): string {
  const lines = ['', "'", '"', '`'].map((quote) => `${keyVariable}=${quote}${key}${quote}`);
  const line = lines.find((one) => parseEnv(one)[keyVariable] === key);
  if (line !== undefined) return line;
  throw new OperatorError(`api_key has every kind of quotes in it, and cannot be written to env: request another key`);
}

function withLineEnd(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function textOf(file: string): string | null {
  if (!existsSync(file)) return null;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** Replaces a file and keeps its mode; follows a symbolic link. */
function write(file: string, text: string, mode: number, directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const before = statSync(file, { throwIfNoEntry: false });
    writeDurably(before ? realpathSync(file) : file, text, before ? before.mode & 0o777 : mode);
  } catch (error) {
    throw new OperatorError(`cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}
