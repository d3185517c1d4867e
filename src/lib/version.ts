import { version } from '../../package.json';

/** What the build knows of itself; `scripts/build-binary.ts` puts it in place of BUILD. */
export interface Build {
  /** null: not built from a git checkout, or not built at all */
  readonly commit: string | null;
  /** the checkout had changes that the commit does not have */
  readonly dirty: boolean;
  readonly target: string;
}

declare const BUILD: Build | undefined;

const build: Build = typeof BUILD === 'undefined' ? { commit: null, dirty: false, target: 'source' } : BUILD;

export const about = {
  name: 'hpc-collector',
  version,
  commit: build.commit,
  dirty: build.dirty,
  target: build.target,
  bun: Bun.version,
} as const;

/** `hpc-collector 0.1.0 (1a2b3c4d5e6f, linux-x64-baseline, Bun 1.4.5)` */
export function versionLine(): string {
  const commit = about.commit === null ? 'no commit' : about.commit + (about.dirty ? '+dirty' : '');
  return `${about.name} ${about.version} (${commit}, ${about.target}, Bun ${about.bun})`;
}
