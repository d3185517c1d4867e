/**
 * Network filesystems by the magic number of statfs(2), from linux/magic.h and the sources of Lustre
 * (`LL_SUPER_MAGIC`), GPFS and BeeGFS. FUSE is included because of sshfs and similar programs.
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

/** Returns the name of a network filesystem by its type (`type` of node's `statfs`); null for another filesystem. */
export function networkFilesystem(type: number): string | null {
  // Some kernels sign-extend the 32-bit number.
  return networkFilesystems.get(type >>> 0) ?? null;
}
