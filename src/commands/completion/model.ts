import type { ArgsDef } from 'citty';
import { entryStates } from '../../outbox/entry.ts';
import { topics } from '../help/topics.ts';
import type { CommandNode } from '../tree.ts';

/** The value that a flag takes: none, the name of a file or directory, any text, or one of these words. */
export type Wanted = 'nothing' | 'file' | 'directory' | 'anything' | readonly string[];

export type Word = { readonly text: string; readonly description: string };
export type Flag = { readonly long: string; readonly short: string | null; readonly wants: Wanted } & Pick<
  Word,
  'description'
>;

/** The words and flags that can follow one command. */
export type CompletionPlace = {
  /** ` outbox ls`: each word with a blank before it; empty for the program itself. */
  readonly at: string;
  readonly words: readonly Word[];
  readonly flags: readonly Flag[];
};

/** Names of the configuration that complete arguments. */
export type Known = { readonly systems: readonly string[]; readonly streams: readonly string[] };

/** Returns the places of a tree of commands; `known` completes arguments that are systems or streams. */
export function placesOf(root: CommandNode, known: Known): readonly CompletionPlace[] {
  const commands = root.children.map(({ words, description }) => ({ text: words.at(-1) ?? '', description }));
  const subjects = Object.keys(topics).map((text) => ({ text, description: 'Help topic' }));
  const help: CompletionPlace = { at: ' help', words: [...commands, ...subjects], flags: [] };
  return [...placesBelow(root, known), help].map((place) =>
    place.at === ''
      ? { ...place, words: [...place.words, { text: 'help', description: 'Help on a command or topic' }] }
      : place,
  );
}

function placesBelow(node: CommandNode, known: Known): CompletionPlace[] {
  const children = node.children.map(({ words, description }) => ({ text: words.at(-1) ?? '', description }));
  const own = {
    at: node.words.map((word) => ` ${word}`).join(''),
    words: [...children, ...positionalWords(node.args, known.systems)],
    flags: flagsOf(node.args, known.streams),
  };
  return [own, ...node.children.flatMap((child) => placesBelow(child, known))];
}

function positionalWords(args: ArgsDef, systems: readonly string[]): Word[] {
  return Object.entries(args).flatMap(([name, { type, valueHint }]) => {
    if (type !== 'positional') return [];
    if (name.startsWith('system')) return systems.map((text) => ({ text, description: 'System' }));
    return (valueHint?.split('|') ?? []).map((text) => ({ text, description: '' }));
  });
}

function flagsOf(args: ArgsDef, streams: readonly string[]): Flag[] {
  const flags = Object.entries(args).flatMap(([name, definition]): Flag[] => {
    if (definition.type === 'positional') return [];
    const alias = 'alias' in definition ? [definition.alias].flat()[0] : undefined;
    const { description = '' } = definition;
    return [{ long: name, short: alias ?? null, wants: wantedBy(name, definition, streams), description }];
  });
  return [...flags, { long: 'help', short: 'h', wants: 'nothing', description: 'Show help' }];
}

function wantedBy(name: string, definition: ArgsDef[string], streams: readonly string[]): Wanted {
  if (definition.type === 'boolean') return 'nothing';
  if (definition.type === 'enum') return definition.options ?? [];
  if (name === 'state') return [...entryStates, 'all'];
  if (name === 'stream') return streams;
  if (definition.valueHint === 'FILE') return 'file';
  return definition.valueHint === 'DIR' ? 'directory' : 'anything';
}
