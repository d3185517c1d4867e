import access from './access.md' with { type: 'text' };
import binary from './binary.md' with { type: 'text' };
import changes from './changes.md' with { type: 'text' };
import commands from './commands.md' with { type: 'text' };
import configuration from './configuration.md' with { type: 'text' };
import counting from './counting.md' with { type: 'text' };
import dashboard from './dashboard.md' with { type: 'text' };
import destinations from './destinations.md' with { type: 'text' };
import environment from './environment.md' with { type: 'text' };
import exitCodes from './exit-codes.md' with { type: 'text' };
import files from './files.md' with { type: 'text' };
import iri from './iri.md' with { type: 'text' };
import jobs from './jobs.md' with { type: 'text' };
import json from './json.md' with { type: 'text' };
import jupyterhub from './jupyterhub.md' with { type: 'text' };
import monitor from './monitor.md' with { type: 'text' };
import outages from './outages.md' with { type: 'text' };
import outbox from './outbox.md' with { type: 'text' };
import pbs from './pbs.md' with { type: 'text' };
import receiver from './receiver.md' with { type: 'text' };
import recovery from './recovery.md' with { type: 'text' };
import sample from './sample.md' with { type: 'text' };
import schedule from './schedule.md' with { type: 'text' };
import slurm from './slurm.md' with { type: 'text' };
import status from './status.md' with { type: 'text' };
import upgrade from './upgrade.md' with { type: 'text' };
import usage from './usage.md' with { type: 'text' };

/** The manual: Markdown text by topic, in the order in which topics are listed. `help TOPIC` prints it unchanged. */
export const topics: Readonly<Record<string, string>> = {
  configuration,
  destinations,
  pbs,
  slurm,
  jupyterhub,
  counting,
  schedule,
  outbox,
  json,
  recovery,
  upgrade,
  jobs,
  sample,
  outages,
  monitor,
  receiver,
  access,
  status,
  usage,
  iri,
  dashboard,
  binary,
  commands,
  'exit-codes': exitCodes,
  environment,
  files,
  changes,
};

/** The title of a topic: its first heading. */
export function titleOf(text: string): string {
  return /^# (.+)/.exec(text)?.[1] ?? '';
}
