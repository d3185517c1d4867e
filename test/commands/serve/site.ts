import { Database } from 'bun:sqlite';
import { join } from 'node:path';
import type { CommandDefinition } from '../../../src/commands/tree.ts';
import { quickDirectory } from '../../support/files.ts';
import { runInProcess } from '../../support/in-process.ts';

const root: CommandDefinition = {
  subCommands: { serve: () => import('../../../src/commands/serve/serve.ts').then((module) => module.serveCommand) },
};

/** A directory with the database of a receiver, on which the verbs of `serve` act. */
export function receiverSite() {
  const { path: directory, remove } = quickDirectory();
  const database = join(directory, 'receiver.db');
  const env = { HOME: directory, XDG_CONFIG_HOME: directory, XDG_STATE_HOME: directory };
  /** Runs `serve` with this environment besides its own directories. */
  const serveWith = (own: Readonly<Record<string, string>>, ...words: string[]) =>
    runInProcess(root, ['serve', ...words], { ...env, ...own });
  return {
    directory,
    database,
    remove,
    serveWith,
    serve: (...words: string[]) => serveWith({}, ...words),
    /** Runs `serve` on the database. */
    verb: (...words: string[]) => serveWith({}, ...words, '--database', database),
    /** Changes the database behind the back of the program. */
    sql(statement: string): void {
      const opened = new Database(database);
      opened.run(statement);
      opened.close();
    },
  };
}
