import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

/** One more than cores: many tests wait for a camera, a browser or a clock. */
const WAITING_WORKERS = availableParallelism() + 1;

/** Lanes with servers, threads and programs. Generous timeouts, because the machine may be busy: only a hang fails. */
const slow = {
  globalSetup: ['test/helpers/memory-folder.ts', 'test/helpers/global-setup.ts'],
  setupFiles: ['test/helpers/answers/setup.ts'],
  testTimeout: 240_000,
  hookTimeout: 240_000,
  expect: { poll: { timeout: 60_000 } },
  maxWorkers: WAITING_WORKERS,
};

export default defineConfig({
  resolve: {
    alias: [
      // Where the server has the built client for the pages, their tests take its source.
      { find: /^(\.\.\/)+client\/index\.js$/, replacement: pathOf('./src/client/index.ts') },
      { find: /^.*\/thread-file\.js$/, replacement: pathOf('./test/helpers/compiled-threads.ts') },
    ],
  },
  test: {
    // On a starved machine a browser now and then misses its turn; a real defect fails twice.
    retry: process.env.CI ? 1 : 0,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          globalSetup: ['test/helpers/memory-folder.ts'],
          setupFiles: ['test/helpers/unit-guard.ts'],
          testTimeout: 5000,
          isolate: false,
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...slow,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          // The modules of the server take a second to load: test files share a process, one after the other.
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { ...slow, name: 'e2e', include: ['test/e2e/**/*.test.ts'], sequence: { groupOrder: 1 } },
      },
    ],
  },
});
