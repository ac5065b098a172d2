import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { generate } from 'selfsigned';
import { afterEach, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../../packaging/container/healthcheck.js', import.meta.url));

let server: Server | undefined;
afterEach(() => server?.close());

async function exitCode(): Promise<number> {
  server!.listen(0, '127.0.0.1');
  await once(server!, 'listening');
  const { port } = server!.address() as AddressInfo;
  const child = spawn(process.execPath, [script], { env: { ...process.env, PORT: String(port) }, stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number];
  return code;
}

describe("the container's health check", () => {
  it.each([
    [200, 0],
    [503, 1],
  ])('a server that answers %i makes it end with %i', async (status, code) => {
    server = createServer(({ url }, response) => response.writeHead(url === '/readyz' ? status : 404).end());
    expect(await exitCode()).toBe(code);
  });

  it('takes HTTPS with a certificate that nobody has signed', async () => {
    const made = await generate([{ name: 'commonName', value: 'Rostro' }], { keyType: 'ec', algorithm: 'sha256' });
    server = createTlsServer({ key: made.private, cert: made.cert }, (_request, response) => response.end());
    expect(await exitCode()).toBe(0);
  });
});
