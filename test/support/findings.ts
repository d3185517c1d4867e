import type { CheckResult } from '../../src/doctor/finding.ts';

/** The findings of `doctor` as lines: `result name: message`, and ` → remedy` if there is one. */
export function linesOf(findings: readonly CheckResult[]): string[] {
  return findings.map(
    ({ result, name, message, remedy }) => `${result} ${name}: ${message}${remedy === null ? '' : ` → ${remedy}`}`,
  );
}
