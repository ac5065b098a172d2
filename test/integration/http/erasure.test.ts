import { readdirSync, readFileSync } from 'node:fs';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Region } from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as schemas from '../../../src/http/schemas.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { samplePhoto } from '../../helpers/shared.js';

/** So many bytes of a photo or an embedding no other file has by chance. */
const PIECE = 12;

let dataDir: string;
let server: TestServer;
const cuts = {
  Ada: [3, { left: 1020, top: 80, width: 400, height: 460 }],
  Grace: [6, { left: 200, top: 320, width: 420, height: 500 }],
} as const;

/** A trained matcher, so that there is state beside the gallery. */
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rostro-erasure-'));
  const settings = { MATCHER: 'svm', DETECTOR: 'ssd', EMBEDDER: 'face-api', ROSTRO_DATA: dataDir } as const;
  server = await startServer(settings);
  for (const [name, [sample, region]] of Object.entries(cuts)) {
    for (const width of [200, 260]) await upload(name, sample, region, width);
  }
  await upload('Zoe', ...cuts.Ada, 180);
  await upload('Zoe', ...cuts.Ada, 190);
  await server.core.matching.ready();
});
afterAll(async () => {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function upload(name: string, sample: 3 | 6, region: Region, width: number): Promise<void> {
  const photo = await sharp(samplePhoto(sample)).extract(region).resize({ width }).jpeg().toBuffer();
  const form = new FormData();
  form.append('name', name);
  form.append('file', new Blob([new Uint8Array(photo)]), 'photo.jpg');
  const reply = await fetch(`${server.url}/upload`, { method: 'POST', body: form });
  schemas.upload.parse(await reply.json());
}

/** Every file of the data folder whose bytes, or whose name, hold one of the pieces. */
function filesWith(pieces: readonly Buffer[]): string[] {
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const bytes = Buffer.concat([readFileSync(path), Buffer.from(path)]);
      return pieces.some((piece) => bytes.includes(piece));
    });
}

/** Photos, embeddings as they are and as base64 at each of its three alignments, and names. */
function piecesOf(name: string): Buffer[] {
  const { examples } = server.core.gallery.embedded().find((person) => person.name === name)!;
  return examples.flatMap(({ embedding, crop }) => {
    const values = Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength);
    const asText = [0, 1, 2].map((skip) => Buffer.from(values.subarray(skip, skip + PIECE).toString('base64')));
    const photo = readFileSync(join(dataDir, crop!));
    return [
      values.subarray(0, PIECE),
      ...asText,
      photo.subarray(photo.length >> 1, (photo.length >> 1) + PIECE),
      Buffer.from(name),
    ];
  });
}

it('leaves nothing of a person in any file of the data folder, the classifier and the quarantine included', async () => {
  await writeFile(join(dataDir, 'uploads/Zoe/0123456789abcdef.jpg'), 'a photo without a row');
  const pieces = [...piecesOf('Zoe'), Buffer.from('a photo without a row')];
  const staying = piecesOf('Ada');
  const before = filesWith(pieces);
  expect(before.some((path) => path.endsWith(join('.state', 'classifier.json')))).toBe(true);
  expect(before.filter((path) => path.includes('Zoe')).length).toBeGreaterThanOrEqual(5);

  await server.close();
  server = await startServer({ MATCHER: 'svm', DETECTOR: 'ssd', EMBEDDER: 'face-api', ROSTRO_DATA: dataDir });
  expect(filesWith(pieces).some((path) => path.includes('.quarantine'))).toBe(true);
  expect((await fetch(`${server.url}/people/Zoe`, { method: 'DELETE' })).status).toBe(200);
  await server.core.matching.ready();
  expect(filesWith(pieces)).toEqual([]);
  expect(filesWith(staying).length).toBeGreaterThanOrEqual(4);
});
