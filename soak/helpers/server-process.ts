import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/rostro.js', import.meta.url));

/** The real server in its own process. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    /** Its log about the gallery at the start. */
    readonly notes: readonly string[],
  ) {}

  /** @throws Error with its output when it does not start */
  static async start(dataDir: string, settings: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const env = { ...process.env, DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1', ...settings };
    const child = spawn(process.execPath, [bin, 'serve', '--port', '0', '--data', dataDir], { env, stdio: 'pipe' });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    for await (const chunk of child.stdout) {
      said += String(chunk);
      const port = /listens on \S+:(\d+)/.exec(said)?.[1];
      if (port === undefined) continue;
      child.stdout.resume();
      const notes = [...said.matchAll(/^note +(.*)$/gm)].map((match) => match[1]);
      return new ServerProcess(child, `http://127.0.0.1:${port}`, notes);
    }
    throw new Error(`the server did not start: ${said}`);
  }

  /** Resident memory; null when it is not available or the process has ended. */
  async memoryBytes(): Promise<number | null> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8').catch(() => '');
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  }

  async kill(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  /** @returns the exit code */
  async stop(): Promise<number | null> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const [code] = (await ended) as [number | null];
    return code;
  }
}
