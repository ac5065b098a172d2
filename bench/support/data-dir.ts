import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedPath } from '../../test/helpers/shared.js';

/** Runs `work` with a temporary data folder that has the reference weights and an empty gallery. */
export async function withDataDir<T>(work: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'rostro-bench-'));
  try {
    for (const folder of ['model', 'npy']) {
      await cp(sharedPath('models', folder), join(dataDir, folder), { recursive: true });
    }
    return await work(dataDir);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
