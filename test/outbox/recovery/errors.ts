/** An error with a code, as SQLite and the system make them. */
export function coded(code: string): Error {
  return Object.assign(new Error(`error ${code}`), { code });
}

/** Returns the error that a call throws; null if it throws none. */
export function errorOf(call: () => unknown): Error | null {
  try {
    call();
    return null;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}
