import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyFile } from '../../../../src/access/key-file.js';
import { createKey } from '../../../helpers/access.js';
import { connectLive, refusalOf } from '../../../helpers/live-client.js';
import { startServer, type TestServer } from '../../../helpers/server.js';
import { samplePhoto } from '../../../helpers/shared.js';

let server: TestServer;
let frame: Buffer;
beforeAll(async () => {
  frame = await readFile(samplePhoto(1));
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' });
});
afterAll(() => server.close());

const showing = (key: string) => ({ headers: { 'x-api-key': key } });

describe('the WebSocket /live', () => {
  it('minds the name that it is called by while there is no key', async () => {
    const options = { headers: { host: 'evil.example' } };
    expect(await refusalOf(`${server.url}/live`, options)).toMatchObject({ status: 421, code: 'bad_host' });
  });

  it('needs a key as soon as there is one, and ends when that is revoked', async () => {
    const { key, id } = await createKey(server.dataDir, 'recognise');
    expect(await refusalOf(`${server.url}/live`)).toMatchObject({ status: 401, code: 'unauthorised' });
    expect(await refusalOf(`${server.url}/live`, showing('rostro_no_key'))).toMatchObject({ status: 401 });

    const client = await connectLive(server.url, showing(key));
    expect((await client.see(frame)).faces).toHaveLength(3);
    await new KeyFile(`${server.dataDir}/.state`).revoke(id);
    client.send(frame);
    expect(await client.next()).toMatchObject({ type: 'error', frame: 2, error: { code: 'unauthorised' } });
    expect(await client.closed).toBe(1008);
  });

  it('keeps sessions of different keys apart, even under one name', async () => {
    const [a, b] = [await createKey(server.dataDir, 'recognise'), await createKey(server.dataDir, 'recognise')];
    const looksOf = async ({ key }: typeof a) => {
      const reply = await fetch(`${server.url}/recognize?session=the-front-door`, {
        method: 'POST',
        body: new Uint8Array(frame),
        headers: { 'content-type': 'image/jpeg', ...showing(key).headers },
      });
      const { faces } = (await reply.json()) as { faces: { looks: number }[] };
      return faces.map(({ looks }) => looks);
    };
    expect([await looksOf(a), await looksOf(a), await looksOf(b)]).toEqual([
      [1, 1, 1],
      [2, 2, 2],
      [1, 1, 1],
    ]);
  });
});
