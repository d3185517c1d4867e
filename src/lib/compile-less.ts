/** How many times as often as usual a function must run before the engine compiles it. Measured from 4 to 128. */
const scale = 64;

/**
 * Makes the JavaScript engine compile less of this program, for commands that cron or monitoring starts often. Call it
 * before the code of the command is loaded. A command that ends after a few hundred milliseconds does not run long enough
 * to regain the cost of its compiled code: a collection of 2,570 nodes needs 15 % more CPU time and 8 MiB more memory with
 * the engine's own limits.
 */
export function compileLess(): void {
  Bun.unsafe.setJITPolicy(scale);
}

/**
 * Excludes a function from the last and slowest compiler of the engine. Call it for the functions that run most often for
 * jobs and nodes, and for the large ones that call them. That compiler takes up to 0.1 s for one function with all that it
 * calls, and often again, because the next jobs differ. Without it, 1,500 jobs of PBS need 4 % less CPU time, and 100,000
 * jobs 15 % less.
 */
export { noFTL as skipLastCompiler } from 'bun:jsc';
