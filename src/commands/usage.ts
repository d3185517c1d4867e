import type { ArgsDef } from 'citty';
import { isTerminal } from '../lib/terminal.ts';
import { commonArgs } from './common.ts';
import { examples } from './examples.ts';
import { wrapped } from './layout.ts';
import { type CommandDefinition, resolved } from './tree.ts';

/** The commands of the program by purpose, in the order in which its help lists them. */
export const commandGroups: readonly (readonly [title: string, names: readonly string[]])[] = [
  ['COLLECT', ['run', 'collect', 'drain', 'jobs', 'sample']],
  ['QUEUE', ['outbox']],
  ['OUTAGES', ['outage', 'maintenance']],
  ['OPERATE', ['health', 'doctor']],
  ['RECEIVE', ['serve']],
  ['SET UP', ['config', 'install', 'completion', 'demo']],
];

const width = 80;

const common: readonly ArgsDef[string][] = Object.values(commonArgs);

/** A line of a list: a name and its description. */
type Item = readonly [name: string, meaning: string];

/**
 * Returns the help of a command, within 80 columns: its own flags first, then those that all commands have. `name` is the
 * whole name, such as `hpc-collector outbox ls`. Headings are bold on a terminal.
 */
export async function usageOf(command: CommandDefinition, name: string): Promise<string> {
  const args = (await resolved(command.args)) ?? {};
  const meta = await resolved(command.meta);
  const children = await childrenOf(command);
  const isRoot = !name.includes(' ');
  const flags = Object.entries(args).filter(([, { type }]) => type !== 'positional');
  // A command can have a flag of its own with the name of a common one.
  const isCommon = ([, arg]: (typeof flags)[number]) => common.includes(arg);
  const sections = [
    wrapped(meta?.description ?? '', 0, width),
    `${heading('USAGE')} ${synopsis(name, args, children.length > 0)}`,
    section('ARGUMENTS', positionalItems(args)),
    ...(isRoot ? groupSections(children) : [section('COMMANDS', children)]),
    section('FLAGS', flags.filter((one) => !isCommon(one)).map(flagItem)),
    section('COMMON FLAGS', flags.filter(isCommon).map(flagItem)),
    exampleSection(name, children),
    isRoot ? await topicSection() : '',
    children.length > 0 ? `Run '${name} COMMAND --help' for more about a command.` : '',
  ];
  const text = sections.filter((one) => one !== '').join('\n\n');
  const isPlain = !isTerminal(1) || process.env.NO_COLOR !== undefined || process.env.TERM === 'dumb';
  return `${isPlain ? Bun.stripANSI(text) : text}\n`;
}

function synopsis(name: string, args: ArgsDef, hasChildren: boolean): string {
  const words = Object.entries(args)
    .filter(([, { type }]) => type === 'positional')
    .map(([key, { required }]) => (required === false ? `[${key.toUpperCase()}]` : key.toUpperCase()));
  return [name, ...(hasChildren ? ['COMMAND'] : []), '[FLAGS]', ...words].join(' ');
}

async function childrenOf(command: CommandDefinition): Promise<Item[]> {
  const children = Object.entries((await resolved(command.subCommands)) ?? {});
  return Promise.all(
    children.map(async ([word, child]) => {
      const meta = await resolved((await resolved(child)).meta);
      return [word, meta?.description ?? ''] as const;
    }),
  );
}

function groupSections(children: readonly Item[]): string[] {
  return commandGroups.map(([title, names]) =>
    section(
      title,
      names.flatMap((name) => children.filter(([word]) => word === name)),
      Math.max(...children.map(([word]) => word.length)),
    ),
  );
}

function positionalItems(args: ArgsDef): Item[] {
  return Object.entries(args).flatMap(([key, { type, description = '' }]) =>
    type === 'positional' ? [[key.toUpperCase(), description] as const] : [],
  );
}

function flagItem([key, definition]: readonly [string, ArgsDef[string]]): Item {
  const alias = 'alias' in definition ? [definition.alias].flat()[0] : undefined;
  const value =
    definition.type === 'enum'
      ? ` ${definition.options?.join('|')}`
      : definition.type === 'string'
        ? ` ${definition.valueHint ?? 'TEXT'}`
        : '';
  return [`${alias === undefined ? '' : `-${alias}, `}--${key}${value}`, definition.description ?? ''];
}

/** Returns the examples of a command; a group shows the first example of each member. */
function exampleSection(name: string, children: readonly Item[]): string {
  const words = name.split(' ').slice(1).join(' ');
  const own = examples[words] ?? children.flatMap(([word]) => examples[`${words} ${word}`]?.[0] ?? []);
  if (own.length === 0) return '';
  return `${heading('EXAMPLES')}\n\n${own.map((line) => `  ${line}`).join('\n')}`;
}

async function topicSection(): Promise<string> {
  const { titleOf, topics } = await import('./help/topics.ts');
  const items = Object.entries(topics).map(([topic, text]) => [topic, titleOf(text)] as const);
  return section('TOPICS (hpc-collector help TOPIC)', items);
}

function section(title: string, items: readonly Item[], nameWidth = 0): string {
  if (items.length === 0) return '';
  // Put the description of a very long name on the next line, so that the other descriptions keep their width.
  const widest = Math.min(26, Math.max(nameWidth, ...items.map(([name]) => name.length)));
  const lines = items.map(([name, meaning]) => {
    const text = wrapped(meaning, widest + 4, width);
    return name.length > widest
      ? `  ${name}\n${' '.repeat(widest + 4)}${text}`
      : `  ${name.padEnd(widest)}  ${text}`.trimEnd();
  });
  return `${heading(title)}\n\n${lines.join('\n')}`;
}

function heading(text: string): string {
  return `\u001b[1m${text}\u001b[22m`;
}
