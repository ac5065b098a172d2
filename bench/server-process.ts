import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sharedPath } from '../test/helpers/shared.js';

/** `rostro serve` in a process of its own, so that its clients do not take its thread. */
export interface ServerProcess {
  readonly port: number;
  stop(): Promise<void>;
}

const BIN = fileURLToPath(new URL('../bin/rostro.js', import.meta.url));
const ADDRESS = /^Rostro listens on http:\/\/localhost:(\d+)$/;

/** Starts it with the reference weights and an empty gallery of its own; resolves when it is ready. */
export async function startServerProcess(settings: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'rostro-bench-'));
  for (const folder of ['model', 'npy']) {
    await cp(sharedPath('models', folder), join(dataDir, folder), { recursive: true });
  }
  const env = { ...process.env, ...settings, ROSTRO_DATA: dataDir, HOST: '127.0.0.1', PORT: '0' };
  const child = spawn(process.execPath, [BIN, 'serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  return {
    port: await portOf(child),
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The server prints its address as its last line, once its networks have run. */
async function portOf(child: ChildProcess): Promise<number> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const found = ADDRESS.exec(line);
    if (found !== null) return Number(found[1]);
  }
  throw new Error('the server ended before it was ready');
}
