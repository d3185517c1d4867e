import { defineCommand } from 'citty';
import { knownSystems } from '../../config/load.ts';
import { shownSettings } from '../../config/show.ts';
import { exitCodes } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { openContext } from '../../run/context.ts';
import { commonArgs } from '../common.ts';
import { tableLines } from '../layout.ts';
import { printLines } from '../output.ts';

export const showCommand = defineCommand({
  meta: { description: 'Show every setting and its source, with secrets masked' },
  args: {
    ...commonArgs,
    'system…': {
      type: 'positional',
      required: false,
      description: 'Systems to show (default: all enabled, otherwise all known)',
    },
    json: { type: 'boolean', description: 'Print one JSON object for each setting' },
  },
  async run({ args }) {
    const { config, outbox: location } = openContext(args);
    const { config: configFlag, outbox, 'log-file': logFile, 'log-format': logFormat } = args;
    const flags = { config: configFlag, outbox, 'log-file': logFile, 'log-format': logFormat };
    const enabled = config.collector.systems.length > 0 ? config.collector.systems : knownSystems(config);
    const shown = shownSettings(
      { config, processEnvironment: process.env, outboxFile: location.file, flags },
      args._.length > 0 ? args._ : enabled,
    );
    const text = (value: unknown) =>
      value === null ? '-' : printable(typeof value === 'string' ? value : JSON.stringify(value), 60);
    printLines(
      args.json
        ? shown.map((one) => JSON.stringify(one))
        : tableLines(
            ['SETTING', 'VALUE', 'FROM'],
            shown.map(({ setting, value, from }) => [printable(setting, 80), text(value), printable(from, 300)]),
            [],
          ),
    );
    return exitCodes.done;
  },
});
