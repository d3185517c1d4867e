/** A file of the dashboard inside the executable. */
export type EmbeddedFile = {
  /** The name in the build, with a hash of the content, except `index.html`. */
  readonly name: string;
  readonly contentType: string;
  /** The hash of the content, in hexadecimal. */
  readonly sha256: string;
  /** The path of the file, and of the same compressed with gzip. */
  readonly plain: string;
  readonly gzip: string;
};

/**
 * The files of the dashboard. scripts/build-dashboard.ts replaces this module in the executable. The sources have no
 * built files, so a receiver that runs from them shows no pages.
 */
export const embeddedFiles: readonly EmbeddedFile[] = [];
