import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig, type Config } from '../../src/app/config.js';
import type { SettingName } from '../../src/app/settings.js';
import { memoryLogger } from './log.js';
import { testNetworks } from './networks.js';
import { serve, type RunningServer } from '../../src/app/main.js';

export interface TestServer extends RunningServer {
  readonly dataDir: string;
  readonly logged: string[];
}

/** The real server on a free port, with its own data folder and a shared cache of networks. */
export async function startServer(settings: Partial<Record<SettingName, string>> = {}): Promise<TestServer> {
  const dataDir = settings.ROSTRO_DATA ?? (await mkdtemp(join(tmpdir(), 'rostro-')));
  const config = withSharedCache(
    readConfig({
      PORT: '0',
      PROVIDER: 'cpu',
      THREADS: '1',
      ...testNetworks(dataDir),
      ...settings,
      ROSTRO_DATA: dataDir,
    }),
  );
  const logged: string[] = [];
  const running = await serve(config, memoryLogger(logged));
  return {
    ...running,
    dataDir,
    logged,
    async close() {
      await running.close();
      if (settings.ROSTRO_DATA === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Converting FaceNet takes seconds; the tests of one machine share the result, as two servers would. */
export const sharedCacheDir = join(tmpdir(), 'rostro-test-cache');

export function withSharedCache(config: Config): Config {
  return { ...config, storage: { ...config.storage, cacheDir: sharedCacheDir } };
}

/** The same for commands that work on a data folder. */
export async function linkSharedCache(dataDir: string): Promise<void> {
  await mkdir(sharedCacheDir, { recursive: true });
  await symlink(sharedCacheDir, join(dataDir, '.cache'));
}
