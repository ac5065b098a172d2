import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as schemas from '../../../src/http/schemas.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';

const CASCADE = 'haarcascade_frontalface_default.xml';

describe.skipIf(!hasShared).each(['face-api', 'facenet'])(
  'a server with the Haar cascade and %s' + needsShared,
  (embedder) => {
    let dataDir: string;
    let server: TestServer;
    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'rostro-haar-'));
      for (const path of [CASCADE, 'model']) await symlink(sharedPath('models', path), join(dataDir, path));
      server = await startServer({ DETECTOR: 'haar', EMBEDDER: embedder, ROSTRO_DATA: dataDir });
    }, 120_000);
    afterAll(async () => {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    });

    async function send(path: string, name: string, ...parts: string[]) {
      const body = new FormData();
      body.append('file', new Blob([await readFile(sharedPath('images', ...parts))]), name);
      return fetch(`${server.url}${path}`, { method: 'POST', body });
    }

    it('enrols by box, without landmarks', async () => {
      const reply = await send('/upload', 'Anthony Hopkins.jpg', 'Anthony_Hopkins_0001.jpg');
      expect(reply.status).toBe(201);
      const { landmarks, quality } = schemas.upload.parse(await reply.json()).enrolled[0];
      expect(landmarks).toBeNull();
      expect(quality.pose).toBeNull();
      expect(quality.facePx).toBeGreaterThan(100);
    });

    it('names the person in another photo, and nobody in a group of strangers', async () => {
      const again = await send('/recognize', 'a.jpg', 'Anthony_Hopkins_0002.jpg');
      const { faces, model } = schemas.recognition.parse(await again.json());
      expect(model).toMatchObject({ detector: 'haar', engine: 'onnxruntime' });
      expect(model.embedder).toContain(embedder);
      expect(faces.map(({ name }) => name)).toEqual(['Anthony Hopkins']);
      const group = await send('/recognize', 'b.jpg', 'groups', 'bbt1.jpg');
      const strangers = schemas.recognition.parse(await group.json()).faces;
      expect(strangers.map(({ name }) => name)).toEqual([null, null, null, null]);
    });

    it('looks at tightly cropped faces again with a border', async () => {
      const reply = await send('/detect', 'c.png', 'people', 'penny', 'penny1.png');
      expect(schemas.detection.parse(await reply.json()).faces).toHaveLength(1);
    });
  },
);
