import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/rostro.js', import.meta.url));

/** Of converted networks, shared with the tests. */
const cacheDir = join(tmpdir(), 'rostro-test-cache');

const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** The real server in its own process. It is killed when this process ends. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** @throws Error with its output when it does not start */
  static async start(dataDir: string, settings: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    for (const folder of [dataDir, cacheDir]) await mkdir(folder, { recursive: true });
    await symlink(cacheDir, join(dataDir, '.cache')).catch(() => undefined);
    const networks = { DETECTOR: 'ssd', EMBEDDER: 'face-api', PROVIDER: 'cpu', WORKERS: '1' };
    const env = { ...process.env, ...networks, ...settings };
    const child = spawn(process.execPath, [bin, 'serve', '--port', '0', '--data', dataDir], { env, stdio: 'pipe' });
    running.add(child);
    child.once('exit', () => running.delete(child));
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    for await (const chunk of child.stdout) {
      said += String(chunk);
      const port = /listens on \S+:(\d+)/.exec(said)?.[1];
      if (port === undefined) continue;
      child.stdout.resume();
      return new ServerProcess(child, `http://127.0.0.1:${port}`);
    }
    throw new Error(`the server did not start: ${said}`);
  }

  /** Resident memory with that of the workers, shared pages once; null when it is not available or the server has ended. */
  async memoryBytes(): Promise<number | null> {
    const { pid } = this.child;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => null);
    if (children === null) return null;
    const pids = [String(pid), ...children.trim().split(' ').filter(Boolean)];
    const kilobytes = await Promise.all(pids.map(proportionalKilobytes));
    return kilobytes.reduce((sum, part) => sum + part, 0) * 1024;
  }

  async kill(): Promise<void> {
    await killed(this.child);
  }

  /** Of this process. */
  static async killAll(): Promise<void> {
    await Promise.all([...running].map(killed));
  }

  /** @returns the exit code */
  async stop(): Promise<number | null> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const [code] = (await ended) as [number | null];
    return code;
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** @returns 0 for a process that has ended */
async function proportionalKilobytes(pid: string): Promise<number> {
  const memory = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(memory)?.[1] ?? 0);
}
