import type { Reader, Writer } from './port.ts';

/** A name in the dictionary of a cluster. Users, accounts, partitions, QOS, states and nodes share the ids from 1 on. */
export type UsageName = { readonly id: number; readonly name: string };

/** Returns the names of a cluster whose ids are above `after`, by id. */
export function namesAfter(reader: Reader, cluster: string, after: number): Promise<UsageName[]> {
  return reader.all<UsageName>(
    'SELECT id, name FROM usage_names WHERE cluster = $1 AND id > $2 ORDER BY id',
    cluster,
    after,
  );
}

/** Returns the programs of a cluster whose ids are above `after`, by id. Their ids are apart from those of names. */
export function programsAfter(reader: Reader, cluster: string, after: number): Promise<UsageName[]> {
  return reader.all<UsageName>(
    'SELECT id, path AS name FROM usage_programs WHERE cluster = $1 AND id > $2 ORDER BY id',
    cluster,
    after,
  );
}

/** Adds programs to the dictionary of a cluster. */
export async function addPrograms(writer: Writer, cluster: string, programs: readonly UsageName[]): Promise<void> {
  const target = { table: 'usage_programs', columns: ['cluster', 'id', 'path'], key: ['cluster', 'id'] };
  await writer.insertMany(
    target,
    programs.map(({ id, name }) => [cluster, id, name]),
  );
}

/** Adds names to the dictionary of a cluster. */
export async function addNames(writer: Writer, cluster: string, names: readonly UsageName[]): Promise<void> {
  const target = { table: 'usage_names', columns: ['cluster', 'id', 'name'], key: ['cluster', 'id'] };
  await writer.insertMany(
    target,
    names.map(({ id, name }) => [cluster, id, name]),
  );
}
