/**
 * Returns one line for each thing that skipped tests need, from a JUnit report: `needs` puts it into the name of
 * the test, and `describeWith` into that of its group.
 */
export function skippedLines(report: string): string[] {
  const counts = new Map<string, number>();
  for (const [, attributes = ''] of report.matchAll(/<testcase\b([^>]*[^/])>\s*<skipped/g)) {
    const [, things] = /\(needs ([^"()]*)\)/.exec(attributes) ?? [];
    for (const thing of things?.split(', ') ?? ['something that its name does not say']) {
      counts.set(thing, (counts.get(thing) ?? 0) + 1);
    }
  }
  return [...counts]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([thing, count]) => `Skipped ${count === 1 ? '1 test that needs' : `${count} tests that need`} ${thing}`);
}
