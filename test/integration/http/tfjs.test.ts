import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineSpec } from '../../../src/app/plugins.js';
import { pipelineSpec } from '../../../src/app/pipeline.js';
import { readConfig } from '../../../src/app/config.js';
import * as schemas from '../../../src/http/schemas.js';
import type { Analysis } from '../../../src/faces/pipeline/pipeline.js';
import { loadPipeline } from '../../../src/faces/pipeline/load.js';
import type { EngineSpec } from '../../../src/engine/open-engine.js';
import { largestDifference } from '../../helpers/photo.js';
import { sharedCacheDir, startServer, type TestServer } from '../../helpers/server.js';
import { hasShared, needsShared, samplePhoto, sharedPath } from '../../helpers/shared.js';

/** What the project promises of its two engines, for the values of an embedding. */
const TOLERANCE = 1e-4;
/** A box moves with the values of its network, which are multiplied with its size, a few hundred pixels. */
const TOLERANCE_PX = 0.05;

const NETWORKS = [
  {
    title: 'SSD and face-api',
    isThere: true,
    settings: { DETECTOR: 'ssd', EMBEDDER: 'face-api' },
    path: samplePhoto(1),
  },
  {
    title: `MTCNN and FaceNet${needsShared}`,
    isThere: hasShared,
    settings: { DETECTOR: 'mtcnn', EMBEDDER: 'facenet', ROSTRO_DATA: sharedPath('models') },
    path: sharedPath('images', 'groups', 'bbt1.jpg'),
  },
];

describe('the pipeline in TensorFlow.js', () => {
  for (const { title, isThere, settings, path } of NETWORKS) {
    it.skipIf(!isThere)(`finds the faces that ONNX Runtime finds, and embeds them alike, with ${title}`, async () => {
      const photo = await readFile(path);
      const analyse = async (engine: EngineSpec): Promise<Analysis> => {
        const spec = { ...pipelineSpec(readConfig(settings)), cacheDir: sharedCacheDir, engine };
        return (await loadPipeline(spec)).run('analyse', { bytes: photo });
      };
      const ours = await analyse(engineSpec('tfjs'));
      const theirs = await analyse({ kind: 'onnxruntime', provider: 'cpu' });
      expect(ours.faces.length).toBeGreaterThan(1);
      expect(ours.faces).toHaveLength(theirs.faces.length);
      ours.faces.forEach(({ box, confidence, embedding }, i) => {
        const other = theirs.faces[i];
        const sides = ({ x, y, width, height }: typeof box) => [x, y, width, height];
        expect(largestDifference(sides(box), sides(other.box))).toBeLessThanOrEqual(TOLERANCE_PX);
        expect(Math.abs(confidence - other.confidence)).toBeLessThanOrEqual(TOLERANCE);
        expect(largestDifference(embedding, other.embedding)).toBeLessThanOrEqual(TOLERANCE);
      });
    });
  }
});

describe('a server with ENGINE=tfjs', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ENGINE: 'tfjs', DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '2' });
  });
  afterAll(() => server.close());

  it('says which engine runs, and on what', async () => {
    const status = schemas.status.parse(await (await fetch(`${server.url}/status`)).json());
    expect(status).toMatchObject({ model: { engine: 'tensorflow.js', provider: 'wasm' } });
  });

  it('enrols a person and knows them again, several photos at once', async () => {
    const photo = await readFile(samplePhoto(3));
    const faces = await server.core.pipeline.run('detect', { bytes: photo });
    await server.core.enrolment.enrol({ bytes: photo, fileName: undefined, name: 'Ada', face: 0 });
    const recognize = async () => {
      const reply = await fetch(`${server.url}/recognize`, {
        method: 'POST',
        body: new Uint8Array(photo),
        headers: { 'content-type': 'image/jpeg' },
      });
      return schemas.recognition.parse(await reply.json());
    };
    for (const { faces: found } of await Promise.all(Array.from({ length: 6 }, recognize))) {
      expect(found).toHaveLength(faces.faces.length);
      expect(found.map(({ name }) => name)).toContain('Ada');
    }
  });
});
