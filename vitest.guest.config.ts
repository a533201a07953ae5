import { defineConfig } from 'vitest/config';

/** Suites that need Debian's riscv64 packages and qemu-riscv64: not part of `npm test`, but of `.ci/run`. */
export default defineConfig({
  test: {
    include: ['test/guest/debian/**/*.suite.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
