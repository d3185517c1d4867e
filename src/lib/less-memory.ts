/**
 * Variables for a process of this program that lives long and does little. Without its compiler for hot code, the
 * JavaScript engine needs 49 MiB in the place of 68 for the sampler of a job with 500 processes. The engine reads them
 * at its start only.
 */
export const lessMemory = { BUN_JSC_useJIT: '0' } as const;
