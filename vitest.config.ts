import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

export default defineConfig({
  resolve: {
    alias: [
      // Where the server has the built client for the pages, their tests take its source.
      { find: '/client/index.js', replacement: pathOf('./src/client/index.ts') },
      { find: /^.*\/thread-file\.js$/, replacement: pathOf('./test/helpers/compiled-threads.ts') },
    ],
  },
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
