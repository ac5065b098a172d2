import { createServer, type Server } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';

const PARTS_PER_SECOND = 10;

/** A camera that plays an MPEG-TS file over HTTP at its own pace, for those who have its login. */
export class HttpCamera {
  private constructor(private readonly server: Server) {}

  static async start(video: string, seconds: number, user: string, password: string): Promise<HttpCamera> {
    const bytes = await readFile(video);
    const size = Math.ceil(bytes.length / (seconds * PARTS_PER_SECOND));
    const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const server = createServer((request, response) => {
      if (request.headers.authorization !== wanted) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'video/mp2t' });
      let sent = 0;
      const timer = setInterval(() => {
        response.write(bytes.subarray(sent, (sent += size)));
        if (sent >= bytes.length) response.end();
      }, 1000 / PARTS_PER_SECOND);
      response.on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new HttpCamera(server);
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/door.ts`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
