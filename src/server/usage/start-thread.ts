/** Starts a thread. `name` is the path of its entry point in this folder. */
export function startThread(name: 'worker' | 'ingest/ingest-worker'): Worker {
  // In the executable this code is in a chunk at the root, and entry points have the paths of scripts/build-binary.ts.
  const isCompiled = import.meta.url.includes('/$bunfs/');
  const path = isCompiled ? `./src/server/usage/${name}.js` : `./${name}.ts`;
  return new Worker(new URL(path, import.meta.url).href);
}
