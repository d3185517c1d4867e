import { nearest } from '../lib/nearest.ts';
import type { ConfigProblem } from './problem.ts';

/** The variables that `env` may set, besides those of the destinations. */
const knownVariables: readonly string[] = [
  ...['JUPYTERHUB_ADMIN_TOKEN', 'NOTIFY_WEBHOOK_URL', 'HEARTBEAT_URL'],
  ...['PBS_COMMAND_TIMEOUT', 'SSH_TIMEOUT', 'API_TIMEOUT', 'DERECHO_LOG_FILE', 'CASPER_LOG_FILE'],
  ...['API_KEYS', 'CORS_ORIGINS', 'DATABASE_URL', 'PGPASSWORD', 'PGPASSFILE', 'PGUSER', 'PGPORT'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
];

/**
 * Returns the errors in the text of an `env` file, with their lines: unknown variables, and lines that are not
 * assignments. `ofDestinations` are the variables of the configured destinations. A run ignores both without a message.
 */
export function envFileProblems(text: string, file: string, ofDestinations: readonly string[]): ConfigProblem[] {
  const known = [...ofDestinations, ...knownVariables];
  const problems: ConfigProblem[] = [];
  /** The quote that a value of several lines began with. */
  let open: string | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    if (open !== null) {
      if (line.includes(open)) open = null;
      continue;
    }
    if (/^\s*(#.*)?$/.test(line)) continue;
    const found = problemOf(line, known);
    if (found !== null) problems.push({ file, line: index + 1, column: line.search(/\S/) + 1, words: found });
    open = openQuote(line);
  }
  return problems;
}

/** Returns the error of a line; null if it has none. Never shows the line itself, because it can have a password. */
function problemOf(line: string, known: readonly string[]): string | null {
  const name = /^\s*(?:export\s+)?([\w.-]+)\s*=/.exec(line)?.[1];
  if (name === undefined) return 'this line is not an assignment: write NAME=VALUE, or # before a comment';
  if (known.includes(name)) return null;
  const meant = nearest(name, known);
  const hint = meant === null ? 'hpc-collector help environment lists the known ones' : `did you mean ${meant}?`;
  return `unknown variable ${name}: ${hint}`;
}

function openQuote(line: string): string | null {
  const [, quote, rest] = /=\s*(["'`])(.*)$/.exec(line) ?? [];
  return quote === undefined || rest?.includes(quote) ? null : quote;
}
