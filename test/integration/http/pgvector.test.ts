import { expect, it } from 'vitest';
import { startPglite } from '../../helpers/pglite.js';
import { anotherPerson, onePerson, onePersonAgain } from '../../helpers/portraits.js';
import { startServer } from '../../helpers/server.js';

it('enrols and recognises with a gallery that the database searches, and refuses what needs all embeddings', async () => {
  const pglite = await startPglite();
  const server = await startServer({
    DATABASE_URL: pglite.url,
    SEARCH: 'pgvector',
    EMBEDDER: 'face-api',
    WORKERS: '1',
  });
  try {
    const recognised = async (photo: Buffer) => {
      const headers = { 'Content-Type': 'image/jpeg' };
      const answer = await fetch(`${server.url}/recognize`, { method: 'POST', headers, body: new Uint8Array(photo) });
      return ((await answer.json()) as { faces: object[] }).faces;
    };
    expect(await recognised(await onePerson())).toMatchObject([{ name: null, nearest: null }]);
    for (const [name, photo] of [
      ['Ada', await onePerson()],
      ['Eve', await anotherPerson()],
    ] as const) {
      const form = new FormData();
      form.append('name', name);
      form.append('file', new Blob([new Uint8Array(photo)]), 'photo.jpg');
      expect((await fetch(`${server.url}/upload`, { method: 'POST', body: form })).status).toBe(201);
    }
    expect(await recognised(await onePersonAgain())).toMatchObject([{ name: 'Ada', runnerUp: { name: 'Eve' } }]);
    expect((await fetch(`${server.url}/people/Ada/export`)).status).toBe(200);
    const calibration = await fetch(`${server.url}/calibration`);
    expect([calibration.status, await calibration.json()]).toMatchObject([
      501,
      { error: { code: 'embeddings_in_database' } },
    ]);
    expect((await fetch(`${server.url}/people/Ada`, { method: 'DELETE' })).status).toBe(200);
    expect(await recognised(await onePersonAgain())).toMatchObject([{ name: null, nearest: 'Eve' }]);
  } finally {
    await server.close();
    await pglite.stop();
  }
});
