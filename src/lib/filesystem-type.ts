/**
 * Network filesystems by the number that statfs(2) gives: from linux/magic.h, and from the filesystems' own sources where
 * they are not part of Linux (Lustre, GPFS, BeeGFS, Panasas).
 */
const networkTypes: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x00c36400, 'Ceph'],
  [0x65735546, 'FUSE'],
  [0x5346414f, 'AFS'],
  [0xaad7aaea, 'PanFS'],
  [0x01021997, '9P'],
  [0x20030528, 'OrangeFS'],
  [0x7461636f, 'OCFS2'],
  [0x01161970, 'GFS2'],
]);

/** The name of a network filesystem, by `statfsSync().type`; null for a local one. */
export function networkFilesystem(statfsType: number): string | null {
  // Types over 2^31 come as negative numbers on some platforms.
  return networkTypes.get(statfsType >>> 0) ?? null;
}
