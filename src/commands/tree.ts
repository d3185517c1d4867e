import type { ArgsDef, CommandDef } from 'citty';

/** citty's own type of a command with any arguments; its definitions are not assignable to each other otherwise. */
export type Command = CommandDef<ArgsDef>;

/** A command with all that is below it. */
export type CommandNode = {
  /** The words that lead to it; none for the program itself. */
  readonly words: readonly string[];
  readonly command: Command;
  readonly description: string;
  readonly args: ArgsDef;
  readonly children: readonly CommandNode[];
};

/** The whole tree of commands, in the order in which they are listed. */
export async function commandTree(command: Command, words: readonly string[] = []): Promise<CommandNode> {
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

/** citty's members may be values, promises, or functions that give either. */
export async function resolved<T>(member: T | Promise<T> | (() => T) | (() => Promise<T>)): Promise<T> {
  return typeof member === 'function' ? await (member as () => T | Promise<T>)() : await member;
}
