const kibibytes: Record<string, number> = { '': 1 / 1024, k: 1, m: 1024, g: 1024 ** 2, t: 1024 ** 3, p: 1024 ** 4 };

/**
 * Converts a PBS size (`245758060kb`, `354gb`, `1tb`, `16gw`, plain bytes) to GiB; null if it is not a size. Units are
 * powers of 1024 and a word has 8 bytes (pbs_resources(7B), "size").
 */
export function gibibytesOf(size: string): number | null {
  const parts = /^(\d+(?:\.\d+)?)([kmgtp]?)([bw]?)$/i.exec(size.trim());
  const unit = kibibytes[(parts?.[2] ?? '').toLowerCase()];
  if (!parts || unit === undefined) return null;
  const words = parts[3]?.toLowerCase() === 'w' ? 8 : 1;
  return (Number(parts[1]) * unit * words) / 1024 ** 2;
}
