import { hostname } from 'node:os';
import { defineCommand } from 'citty';
import { examine } from '../../config/check.ts';
import { problemText } from '../../config/problem.ts';
import { missingPaths } from '../../doctor/paths.ts';
import { exitCodes } from '../../lib/errors.ts';
import { counted, printable } from '../../lib/text.ts';
import { executorFor, forReal } from '../../run/executors.ts';
import { commonArgs } from '../common.ts';
import { wrapped } from '../layout.ts';
import { printLines } from '../output.ts';

export const checkCommand = defineCommand({
  meta: { description: 'Report every error in the configuration' },
  args: {
    ...commonArgs,
    'system…': {
      type: 'positional',
      required: false,
      description: 'Systems to check (default: all enabled or with a file)',
    },
    json: { type: 'boolean', description: 'Print one JSON object for each error' },
  },
  async run({ args }) {
    const { exists, config, systems, problems: unreadable } = examine(args.config ?? null, process.env, args._);
    const missing = await Promise.all(
      systems.map((system) => {
        return missingPaths(system, config, executorFor(system, forReal, true).executor, hostname());
      }),
    );
    const problems = [...unreadable, ...missing.flat()];
    const names = systems.map(({ system_name }) => system_name).join(', ');
    const summary =
      problems.length === 0
        ? exists
          ? `The configuration in ${config.directory} is in order (systems: ${names || 'none'})`
          : `There is no configuration directory ${config.directory}: hpc-collector config init creates it`
        : `${counted(problems.length, 'problem')} in ${config.directory}`;
    printLines(
      args.json
        ? problems.map((problem) => JSON.stringify(problem))
        : [...problems.map((problem) => printable(problemText(problem), 2000)), summary].map((line) =>
            wrapped(line, 4),
          ),
    );
    return problems.length === 0 ? exitCodes.done : exitCodes.fatal;
  },
});
