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

/** Returns the places of a tree of commands; `systems` complete arguments that are systems. */
export function placesOf(root: CommandNode, systems: readonly string[]): readonly CompletionPlace[] {
  const commands = root.children.map(({ words, description }) => ({ text: words.at(-1) ?? '', description }));
  const subjects = Object.keys(topics).map((text) => ({ text, description: 'Help topic' }));
  const help: CompletionPlace = { at: ' help', words: [...commands, ...subjects], flags: [] };
  return [...placesBelow(root, systems), help].map((place) =>
    place.at === ''
      ? { ...place, words: [...place.words, { text: 'help', description: 'Help on a command or topic' }] }
      : place,
  );
}

function placesBelow(node: CommandNode, systems: readonly string[]): CompletionPlace[] {
  const children = node.children.map(({ words, description }) => ({ text: words.at(-1) ?? '', description }));
  const own = {
    at: node.words.map((word) => ` ${word}`).join(''),
    words: [...children, ...positionalWords(node.args, systems)],
    flags: flagsOf(node.args, systems),
  };
  return [own, ...node.children.flatMap((child) => placesBelow(child, systems))];
}

function positionalWords(args: ArgsDef, systems: readonly string[]): Word[] {
  return Object.entries(args).flatMap(([name, { type, valueHint }]) => {
    if (type !== 'positional') return [];
    if (name.startsWith('system')) return systems.map((text) => ({ text, description: 'System' }));
    return (valueHint?.split('|') ?? []).map((text) => ({ text, description: '' }));
  });
}

function flagsOf(args: ArgsDef, systems: readonly string[]): Flag[] {
  const flags = Object.entries(args).flatMap(([name, definition]): Flag[] => {
    if (definition.type === 'positional') return [];
    const alias = 'alias' in definition ? [definition.alias].flat()[0] : undefined;
    const { description = '' } = definition;
    return [{ long: name, short: alias ?? null, wants: wantedBy(name, definition, systems), description }];
  });
  return [...flags, { long: 'help', short: 'h', wants: 'nothing', description: 'Show help' }];
}

function wantedBy(name: string, definition: ArgsDef[string], systems: readonly string[]): Wanted {
  if (definition.type === 'boolean') return 'nothing';
  if (definition.type === 'enum') return definition.options ?? [];
  if (name === 'state') return [...entryStates, 'all'];
  if (name === 'stream') return systems.map((system) => `sam/${system}`);
  if (definition.valueHint === 'FILE') return 'file';
  return definition.valueHint === 'DIR' ? 'directory' : 'anything';
}
