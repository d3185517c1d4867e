import type { ArgsDef, CommandDef } from 'citty';

/** citty's type of a command with any arguments; without it, definitions are not assignable to each other. */
export type CommandDefinition = CommandDef<ArgsDef>;

/** A command with its subcommands. */
export type CommandNode = {
  /** The words that lead to it; none for the program itself. */
  readonly words: readonly string[];
  readonly command: CommandDefinition;
  readonly description: string;
  readonly args: ArgsDef;
  readonly children: readonly CommandNode[];
};

/** Returns the whole tree of commands, in the order of listing. */
export async function commandTree(command: CommandDefinition, words: readonly string[] = []): Promise<CommandNode> {
  const subcommands = (await resolved(command.subCommands)) ?? {};
  const meta = await resolved(command.meta);
  return {
    words,
    command,
    description: meta?.description ?? '',
    args: (await resolved(command.args)) ?? {},
    children: await Promise.all(
      Object.entries(subcommands).map(async ([word, child]) => commandTree(await resolved(child), [...words, word])),
    ),
  };
}

/** Resolves a member of citty, which can be a value, a promise, or a function that returns either. */
export async function resolved<T>(member: T | Promise<T> | (() => T) | (() => Promise<T>)): Promise<T> {
  return typeof member === 'function' ? await (member as () => T | Promise<T>)() : await member;
}
