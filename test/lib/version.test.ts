import { expect, test } from 'bun:test';
import { versionLine } from '../../src/lib/version.ts';

test('the version has the commit, the processor and the runtime of the build', () => {
  expect(versionLine()).toMatch(
    /^hpc-collector \d+\.\d+\.\d+ \((no commit|[0-9a-f]{12}(\+dirty)?), [a-z0-9-]+, Bun \d+\.\d+\.\d+\)$/,
  );
});
