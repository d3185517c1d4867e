import { version } from '../../package.json';

/** Information about the build; `scripts/build-binary.ts` replaces BUILD with it. */
export interface Build {
  /** null: not built from a git checkout, or not built at all */
  readonly commit: string | null;
  /** true if the checkout had uncommitted changes */
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

/** Returns `hpc-collector 0.1.0 (1a2b3c4d5e6f, linux-x64-baseline, Bun 1.4.5)`. */
export function versionLine(): string {
  const commit = about.commit === null ? 'no commit' : about.commit + (about.dirty ? '+dirty' : '');
  return `${about.name} ${about.version} (${commit}, ${about.target}, Bun ${about.bun})`;
}
