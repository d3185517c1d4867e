import type { ArgsDef } from 'citty';
import { destinationsOfSystem } from '../../config/load.ts';
import { outageStream } from '../../delivery/sam-entries.ts';
import { OperatorError } from '../../lib/errors.ts';
import { complain } from '../../lib/output.ts';
import { consequence } from '../../outage/describe.ts';
import type { Outage } from '../../outage/outage.ts';
import type { DestinationsOf } from '../../outage/report.ts';
import type { KnownOutage } from '../../outage/row.ts';
import { syncOutages } from '../../outage/sync-from-outbox.ts';
import { openToWrite } from '../../outbox/open.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { type CommonArgs, type Context, openContext } from '../../run/context.ts';
import { makeRoom } from '../../run/make-room.ts';
import { outageStatuses, severities } from '../../snapshot/limits.ts';
import { printLines } from '../output.ts';

/** Outages end only with `resolve`, which sets their end time. */
const openStatuses = outageStatuses.filter((status) => status !== 'resolved');

/** The flags that describe an outage. */
export const reportArgs = {
  title: { type: 'string', valueHint: 'TEXT', description: 'Short title for the dashboard (at most 255 characters)' },
  severity: { type: 'string', valueHint: 'WORD', description: `Severity: ${severities.join(', ')}` },
  status: { type: 'string', valueHint: 'WORD', description: `Status: ${openStatuses.join(', ')}` },
  component: { type: 'string', valueHint: 'TEXT', description: 'Affected part of the system (at most 128 characters)' },
  description: { type: 'string', valueHint: 'TEXT', description: 'Full description' },
  eta: {
    type: 'string',
    valueHint: 'TIME',
    description: 'Expected end (ISO 8601; UTC unless it has a zone)',
  },
} as const satisfies ArgsDef;

export const keyArg = {
  key: {
    type: 'positional',
    required: true,
    description: 'Key of the outage, or its unique beginning',
  },
} as const satisfies ArgsDef;

export function checkStatus(status: string | undefined): void {
  if (status === undefined || openStatuses.some((known) => known === status)) return;
  const hint =
    status === 'resolved' ? 'an outage ends with: hpc-collector outage resolve' : `give ${openStatuses.join(', ')}`;
  throw new OperatorError(`--status ${status}: ${hint}`);
}

/** Stores a report in the outbox. Prints the key of the outage, and on standard error what happens next. */
export async function storeReport(
  args: CommonArgs,
  report: (outbox: Outbox, context: Context, destinationsOf: DestinationsOf) => Outage | KnownOutage,
): Promise<void> {
  const context = openContext(args);
  const destinationsOf = (system: string) => destinationsOfSystem(system, context.config);
  const outbox = openToWrite(context.outbox, 'free');
  try {
    const outage = outbox.run((current) => {
      makeRoom(current, context.config, context.log);
      syncOutages(current);
      return report(current, context, destinationsOf);
    });
    const then = 'answers' in outage ? `${consequence(outage)}\n` : '';
    const [destination, ...others] = destinationsOf(outage.system_name);
    const only = others.length === 0 ? ` --stream ${outageStream(destination)}` : '';
    complain(`Stored; the next run delivers it, or: hpc-collector drain${only}\n${then}`);
    printLines([outage.outage_key]);
  } finally {
    outbox.close();
  }
}
