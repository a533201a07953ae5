import { defineConfig } from 'vitest/config';

/** Suites that need Debian's packages (riscv64 programs, qemu, the cross compiler): not part of `npm test`, but of `.ci/run`. */
export default defineConfig({
  test: {
    include: ['test/guest/**/*.suite.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
