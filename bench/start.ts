import { spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * How long from `rostro serve` to the first ready answer, with an empty cache of networks and with a full one, and how
 * much memory the process then holds. Takes the folder that holds model/ and npy/.
 *
 *   npx tsx bench/start.ts FOLDER PHOTO
 */
const [modelsFolder, photo] = process.argv.slice(2);
const RUNS = 5;
const FRAMES = 200;
const port = 5099;
const url = `http://127.0.0.1:${port}`;
const bin = fileURLToPath(new URL('../bin/rostro.js', import.meta.url));

async function untilReady(server: ChildProcess): Promise<number> {
  const start = performance.now();
  for (;;) {
    const reply = await fetch(`${url}/readyz`).catch(() => null);
    if (reply?.status === 200) return performance.now() - start;
    if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

async function once(dataDir: string, frames: number) {
  const env = { ...process.env, ROSTRO_DATA: dataDir, PORT: String(port) };
  const server = spawn(process.execPath, [bin, 'serve'], { env, stdio: 'ignore' });
  const readyMs = await untilReady(server);
  const idleMb = await residentMb(server.pid!);
  const bytes = await readFile(photo);
  for (let i = 0; i < frames; i++) {
    const reply = await fetch(`${url}/recognize`, {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': 'image/jpeg' },
    });
    if (reply.status !== 200) throw new Error(await reply.text());
    await reply.arrayBuffer();
  }
  const busyMb = await residentMb(server.pid!);
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  return { readyMs, idleMb, busyMb };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

const dataDir = await mkdtemp(join(tmpdir(), 'rostro-bench-'));
try {
  for (const folder of ['model', 'npy'])
    await cp(join(modelsFolder, folder), join(dataDir, folder), { recursive: true });
  const first = await once(dataDir, 0);
  const cached = [];
  for (let i = 0; i < RUNS; i++) cached.push(await once(dataDir, 0));
  const worked = await once(dataDir, FRAMES);
  const result = {
    bench: 'start',
    firstReadyMs: Math.round(first.readyMs),
    cachedReadyMs: Math.round(median(cached.map(({ readyMs }) => readyMs))),
    firstMb: Math.round(first.idleMb),
    idleMb: Math.round(median(cached.map(({ idleMb }) => idleMb))),
    [`after${FRAMES}FramesMb`]: Math.round(worked.busyMb),
  };
  console.table(result);
  console.log(JSON.stringify(result));
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
