import type { Writer } from './port.ts';

/** Returns the secret of a name. The first call stores `fresh` as the secret; later calls return the stored secret. */
export async function secretOf(writer: Writer, name: string, fresh: Uint8Array): Promise<Uint8Array> {
  await writer.run('INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', name, fresh);
  const row = await writer.get<{ value: Uint8Array }>('SELECT value FROM secrets WHERE name = $1', name);
  return row?.value ?? fresh;
}
