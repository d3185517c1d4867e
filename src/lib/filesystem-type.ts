/**
 * Filesystems that a host shares with others, by the magic number that statfs(2) gives: linux/magic.h, and the sources of
 * Lustre (`LL_SUPER_MAGIC`), GPFS and BeeGFS for those that are not in it. FUSE is among them, because sshfs and its like
 * are it.
 */
const networkFilesystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x00c36400, 'Ceph'],
  [0x65735546, 'FUSE'],
]);

/** The name of a network filesystem of that type (`type` of node's `statfs`); null for any other. */
export function networkFilesystem(type: number): string | null {
  // 32 bits, which some kernels extend by their sign.
  return networkFilesystems.get(type >>> 0) ?? null;
}
