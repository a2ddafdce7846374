import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'src/**/*.test.ts',
      'test/**/*.test.ts',
      'bench/**/*.test.ts',
      'tools/**/*.test.ts',
      'web/src/**/*.test.ts',
    ],
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    // Ends what hangs. A test that works may take as long as a busy machine needs for it.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks',
  },
});
