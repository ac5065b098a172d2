import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Where the server has the built client for the pages, their tests take its source.
  resolve: { alias: { '/client/index.js': fileURLToPath(new URL('./src/client/index.ts', import.meta.url)) } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/global-setup.ts', 'test/helpers/memory-folder.ts'],
    setupFiles: ['test/helpers/answers/setup.ts'],
    // Real networks and a real browser on a machine that may be busy: generous, so that only a hang fails.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    // One more than cores: many tests wait for a camera, a browser or a clock.
    maxWorkers: availableParallelism() + 1,
    // On a starved machine a browser now and then misses its turn; a real defect fails twice.
    retry: process.env.CI ? 1 : 0,
  },
});
