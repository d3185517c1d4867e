import { hostname } from 'node:os';
import { defineCommand } from 'citty';
import { examine } from '../config/check.ts';
import { diagnose, nextStep, taskOf } from '../doctor/doctor.ts';
import type { CheckResult } from '../doctor/finding.ts';
import { exitCodes } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { outboxFile } from '../outbox/files.ts';
import { executorFor, forReal, historyExecutor, localExecutor } from '../run/executors.ts';
import { commonArgs } from './common.ts';
import { wrapped } from './layout.ts';
import { printLines } from './output.ts';

export const doctorCommand = defineCommand({
  meta: { description: 'Check everything that a run needs, and suggest remedies' },
  args: {
    ...commonArgs,
    'system…': {
      type: 'positional',
      required: false,
      description: 'Systems to check (default: all enabled or with a file)',
    },
    json: { type: 'boolean', description: 'Print one JSON object for each check' },
  },
  async run({ args }) {
    const examined = examine(args.config ?? null, process.env, args._);
    const findings = await diagnose({
      examined,
      named: args._,
      outboxFile: args.outbox ?? outboxFile(examined.config.stateDirectory),
      hostName: hostname(),
      processEnvironment: process.env,
      executorOf: (system) => executorFor(system, forReal, true).executor,
      localExecutor: localExecutor(),
      historyExecutorOf: historyExecutor,
    });
    printLines(
      args.json
        ? findings.map((finding) => JSON.stringify(finding))
        : [...findings.flatMap(linesOf), '', `Next: ${printable(nextStep(findings, taskOf(examined, args._)), 500)}`],
    );
    return findings.some(({ result }) => result === 'fail') ? exitCodes.failed : exitCodes.done;
  },
});

function linesOf({ name, result, message, remedy }: CheckResult): string[] {
  const line = `${result}  ${wrapped(`${name}: ${printable(message, 1000)}`, 6)}`;
  return remedy === null ? [line] : [line, `      → ${printable(remedy, 500)}`];
}
