import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const PYTHON = '/usr/bin/python3';
const script = fileURLToPath(new URL('rtsp-server.py', import.meta.url));
const probe = 'import gi; gi.require_version("GstRtspServer", "1.0"); from gi.repository import GstRtspServer';

export const hasRtspServer = spawnSync(PYTHON, ['-c', probe]).status === 0;
/** Appended to the title of a suite that is skipped, so that the report says why. */
export const needsRtspServer = hasRtspServer ? '' : " (skipped: GStreamer's RTSP server is not installed)";

/** An RTSP camera that plays videos and can be disconnected and connected. Its user is `admin`. */
export class RtspCamera {
  private server: ChildProcess | null = null;

  private constructor(
    private readonly port: number,
    private readonly password: string,
  ) {}

  static async create(password: string): Promise<RtspCamera> {
    return new RtspCamera(await freePort(), password);
  }

  get url(): string {
    return `rtsp://admin:${this.password}@127.0.0.1:${this.port}/door`;
  }

  async plugIn(video: string): Promise<void> {
    this.server = spawn(PYTHON, [script, String(this.port), video, this.password], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(this.server.stdout!, 'data');
  }

  async pullOut(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (server?.kill('SIGKILL')) await once(server, 'exit');
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
