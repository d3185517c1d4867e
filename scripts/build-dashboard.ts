/**
 * Builds the pages of the dashboard: bundles src/dashboard to dist/dashboard, with a hash in the name of each file, and
 * compresses each file. The same sources and lock file give the same bytes in any directory.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname, join, relative } from 'node:path';
import type { BunPlugin } from 'bun';

const root = join(import.meta.dir, '..');
const source = join(root, 'src/dashboard');
const target = join(root, 'dist/dashboard');
/** The module that the executable reads the files from. In the sources it is an empty list. */
const listModule = join(root, 'src/server/pages/embedded.ts');

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

type BuiltFile = { readonly name: string; readonly contentType: string; readonly sha256: string };

/** Builds the dashboard. Returns the plugin that puts its files into the executable. */
export async function buildDashboard(): Promise<BunPlugin> {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const built = await Bun.build({
    entrypoints: [join(source, 'main.tsx'), join(source, 'style/main.css'), join(source, 'icon.svg')],
    outdir: target,
    target: 'browser',
    format: 'esm',
    splitting: true,
    // Pages lie at several depths, so the names of chunks must begin at the root.
    publicPath: '/assets/',
    naming: { entry: '[name]-[hash].[ext]', chunk: '[name]-[hash].[ext]', asset: '[name]-[hash].[ext]' },
    // Keep `syntax` off: it has miscompiled correct programs in this version of Bun.
    minify: { whitespace: true, identifiers: true, syntax: false },
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  // The bundler makes a script for each picture, too.
  const isNeeded = (name: string) => !/^icon-.*\.js$/.test(name);
  const names = built.outputs
    .map(({ path }) => basename(path))
    .filter(isNeeded)
    .sort();
  const find = (start: string, end: string): string =>
    names.find((name) => name.startsWith(start) && name.endsWith(end)) ?? fail(`no ${start}…${end}`);
  const page = readFileSync(join(source, 'index.html'), 'utf8')
    .replace('{script}', `/assets/${find('main-', '.js')}`)
    .replace('{style}', `/assets/${find('main-', '.css')}`)
    .replace('{icon}', `/assets/${find('icon-', '.svg')}`);
  writeFileSync(join(target, 'index.html'), page);
  return listPlugin(['index.html', ...names].map(describe));
}

function describe(name: string): BuiltFile {
  const bytes = readFileSync(join(target, name));
  writeFileSync(join(target, `${name}.gz`), Bun.gzipSync(bytes, { level: 9 }));
  const contentType = contentTypes[extname(name)] ?? fail(`no content type for ${name}`);
  return { name, contentType, sha256: new Bun.CryptoHasher('sha256').update(bytes).digest('hex') };
}

function listPlugin(files: readonly BuiltFile[]): BunPlugin {
  const from = relative(join(listModule, '..'), target);
  const imports = files.flatMap(({ name }, index) => [
    `import plain${index} from ${JSON.stringify(`${from}/${name}`)} with { type: 'file' };`,
    `import gzip${index} from ${JSON.stringify(`${from}/${name}.gz`)} with { type: 'file' };`,
  ]);
  const entries = files.map(
    (file, index) => `{ ...${JSON.stringify(file)}, plain: plain${index}, gzip: gzip${index} },`,
  );
  const contents = [...imports, 'export const embeddedFiles = [', ...entries, '];'].join('\n');
  return {
    name: 'dashboard',
    setup(build) {
      build.onLoad({ filter: /\/src\/server\/pages\/embedded\.ts$/ }, () => ({ contents, loader: 'ts' }));
    },
  };
}

function fail(message: string): never {
  throw new Error(`dashboard: ${message}`);
}
