import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../../../src/app/config.js';
import { pipelineSpec } from '../../../../src/app/pipeline.js';
import type { Engine } from '../../../../src/engine/engine.js';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import { arcfaceCropper } from '../../../../src/faces/embed/arcface.js';
import { loadFacenetNetwork } from '../../../../src/faces/embed/facenet.js';
import { withMargin } from '../../../../src/faces/image/crop-area.js';
import { decodeImage } from '../../../../src/faces/image/decode.js';
import { resampleRegion } from '../../../../src/faces/image/resample.js';
import type { FacePipeline } from '../../../../src/faces/pipeline/face-pipeline.js';
import { loadNetwork, loadPipeline } from '../../../../src/faces/pipeline/load.js';
import { faceInCrop } from '../../../../src/gallery/reembed/reembed.js';
import { euclidean, largestDifference } from '../../../helpers/photo.js';
import { sharedCacheDir } from '../../../helpers/server.js';
import { hasShared, hasWeights, needsShared, needsSharedAndWeights, sharedPath } from '../../../helpers/shared.js';

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rostro-arcface-'));
  if (!hasShared) return;
  for (const path of ['npy', 'haarcascade_frontalface_default.xml']) {
    await symlink(sharedPath('models', path), join(dataDir, path));
  }
  await mkdir(join(dataDir, 'model'));
  await symlink(sharedPath('models', 'yunet'), join(dataDir, 'model', 'yunet'));
  await symlink(sharedPath('models', 'model', '20180402-114759'), join(dataDir, 'model', '20180402-114759'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

function specOf(settings: Record<string, string>) {
  const spec = pipelineSpec(readConfig({ ROSTRO_DATA: dataDir, EMBEDDER: 'mobilefacenet', ...settings }));
  return { ...spec, cacheDir: sharedCacheDir, threads: 2 };
}

const engine = createOnnxRuntime({ threads: 2 });
const photo = (...parts: string[]) => readFile(sharedPath('images', ...parts));
const unit = (vector: Float32Array) => vector.map((value) => value / Math.hypot(...vector));
const firstFace = async (pipeline: FacePipeline, bytes: Uint8Array) => (await pipeline.analyse({ bytes })).faces[0];

describe.skipIf(!hasShared || !hasWeights)(`a pipeline of the ArcFace family${needsSharedAndWeights}`, () => {
  /** Loads a pipeline, and lists the networks that it has loaded so far. */
  async function load(settings: Record<string, string>): Promise<{ pipeline: FacePipeline; loaded: string[] }> {
    const loaded: string[] = [];
    const listing: Engine = {
      ...engine,
      load(path) {
        loaded.push(String(path));
        return engine.load(path);
      },
    };
    return { pipeline: await loadPipeline(specOf(settings), { engine: listing }), loaded };
  }

  let reference: FacePipeline;
  beforeAll(async () => {
    reference = (await load({ DETECTOR: 'mtcnn' })).pipeline;
  });

  it('has the landmarks of the detector, and loads no others', async () => {
    for (const DETECTOR of ['mtcnn', 'yunet']) {
      const { pipeline, loaded } = await load({ DETECTOR });
      const before = loaded.length;
      const [a, b] = [
        await firstFace(pipeline, await photo('Anthony_Hopkins_0001.jpg')),
        await firstFace(pipeline, await photo('Anthony_Hopkins_0002.jpg')),
      ];
      expect(euclidean(a.embedding, b.embedding)).toBeLessThan(0.9);
      expect(Math.hypot(...a.embedding)).toBeCloseTo(1, 5);
      expect(loaded).toHaveLength(before);
    }
  });

  it('finds the landmarks of faces from the Haar cascade, once one comes', async () => {
    const { pipeline, loaded } = await load({ DETECTOR: 'haar' });
    expect(loaded).toHaveLength(1);
    const bytes = await photo('Anthony_Hopkins_0001.jpg');
    const [face] = await Promise.all([firstFace(pipeline, bytes), firstFace(pipeline, bytes)]);
    expect(face.landmarks).toBeNull();
    expect(loaded).toHaveLength(2);
    expect(euclidean(face.embedding, (await firstFace(reference, bytes)).embedding)).toBeLessThan(0.6);
  });

  it('finds the landmarks of aligned crops', async () => {
    const { pipeline, loaded } = await load({ DETECTOR: 'mtcnn' });
    const before = loaded.length;
    for (const name of ['Anthony_Hopkins_0001.jpg', 'portraits/kate_siegel.jpg']) {
      const bytes = await photo(...name.split('/'));
      const { faces } = await pipeline.align({ bytes, sizePx: 160, margin: { share: 0.28 }, everyFace: false });
      const crop = await pipeline.central({ bytes: faces[0].png, aligned: true, mirrored: false });
      const { face } = await reference.central({ bytes, aligned: false, mirrored: false });
      expect(euclidean(crop.face!.embedding, face!.embedding)).toBeLessThan(0.7);
    }
    expect(loaded).toHaveLength(before + 1);
  });

  it('embeds a mirrored face by the mirrored crop, without landmarks of its own', async () => {
    const { pipeline, loaded } = await load({ DETECTOR: 'mtcnn' });
    const before = loaded.length;
    const bytes = await photo('Anthony_Hopkins_0001.jpg');
    const { face, mirrored } = await pipeline.central({ bytes, aligned: false, mirrored: true });
    expect(loaded).toHaveLength(before);
    const inMirror = await firstFace(pipeline, await sharp(bytes).flop().png().toBuffer());
    expect(euclidean(mirrored!, inMirror.embedding)).toBeLessThan(0.25);
    expect(euclidean(face!.embedding, mirrored!)).toBeGreaterThan(0.02);
  });

  it.each(['mtcnn', 'yunet', 'ssd', 'haar'])(
    'embeds the crop that was kept as it did the photo, with %s',
    async (DETECTOR) => {
      const { pipeline } = await load({ DETECTOR });
      const people = (await readdir(sharedPath('images', 'people'))).sort();
      const files = [
        ['Anthony_Hopkins_0001.jpg'],
        ['Anthony_Hopkins_0002.jpg'],
        ['portraits', 'paul_rudd.jpg'],
        ...people.slice(0, 3).map((name) => ['people', name, `${name}1.png`]),
      ];
      for (const file of files) {
        const kept = await pipeline.enrolmentFace({ bytes: await photo(...file) }).catch(() => null);
        // Haar finds other things than faces in some of them.
        if (kept === null && DETECTOR === 'haar') continue;
        const again = await faceInCrop(pipeline, kept!.crop, { confidence: 1, boxInCrop: kept!.boxInCrop });
        expect(euclidean(again!.embedding, kept!.face.embedding), file.join('/')).toBeLessThan(0.35);
      }
    },
  );

  it('embeds the faces of a camera that are followed', async () => {
    for (const DETECTOR of ['mtcnn', 'yunet']) {
      const { pipeline } = await load({ DETECTOR });
      const frame = await decodeImage(await photo('groups', 'bbt2.jpg'), { maxPixels: 1e7 });
      const first = await pipeline.live({ frame, state: { faces: [], scene: null, detectionIsDue: true } });
      const faces = first.faces.map(({ box, appearance }) => ({
        box,
        appearance,
        isMissing: false,
        embeddingIsDue: true,
        bestViewScore: 1,
      }));
      const next = await pipeline.live({ frame, state: { faces, scene: first.scene, detectionIsDue: false } });
      expect(next.found).toBe('followed');
      expect(next.faces).toHaveLength(3);
      for (const { known, embedding, landmarks } of next.faces) {
        expect(landmarks).toHaveLength(5);
        expect(euclidean(embedding!, first.faces[known!].embedding!)).toBeLessThan(0.35);
      }
    }
  });

  it('averages the mirrored face into what is enrolled, or into everything, as FLIP says', async () => {
    const bytes = await photo('Anthony_Hopkins_0001.jpg');
    const { face, mirrored } = await reference.central({ bytes, aligned: false, mirrored: true });
    const plain = face!.embedding;
    const averaged = unit(plain.map((value, i) => value + mirrored![i]));
    const pipelines = {
      off: (await load({ DETECTOR: 'mtcnn', FLIP: 'off' })).pipeline,
      enrol: (await load({ DETECTOR: 'mtcnn', FLIP: 'enrol' })).pipeline,
      both: (await load({ DETECTOR: 'mtcnn', FLIP: 'both' })).pipeline,
    };
    expect(largestDifference(plain, averaged)).toBeGreaterThan(0.01);
    for (const [flip, pipeline] of Object.entries(pipelines)) {
      expect(pipeline.info.contract).toEqual(reference.info.contract);
      const enrolled = (await pipeline.enrolmentFace({ bytes })).face.embedding;
      const kept = (await pipeline.analyse({ bytes, toEnrol: true })).faces[0].embedding;
      const recognised = (await firstFace(pipeline, bytes)).embedding;
      const state = { faces: [], scene: null, detectionIsDue: true };
      const live = (await pipeline.live({ frame: bytes, state })).faces[0].embedding!;
      for (const one of [enrolled, kept]) {
        expect(largestDifference(one, flip === 'off' ? plain : averaged)).toBeLessThan(1e-5);
      }
      for (const one of [recognised, live]) {
        expect(largestDifference(one, flip === 'both' ? averaged : plain)).toBeLessThan(1e-5);
      }
      // Datasets are measured face by face.
      const dataset = await pipeline.central({ bytes, aligned: false, mirrored: false });
      expect(largestDifference(dataset.face!.embedding, plain)).toBeLessThan(1e-5);
    }
  });

  it('averages the embeddings of the crop and of its mirror image', async () => {
    const bytes = await photo('Anthony_Hopkins_0001.jpg');
    const image = await decodeImage(bytes, { maxPixels: 1e7 });
    const mirroredPhoto = await decodeImage(await sharp(bytes).flop().png().toBuffer(), { maxPixels: 1e7 });
    const { pipeline } = await load({ DETECTOR: 'mtcnn', FLIP: 'both' });
    const { box, landmarks, embedding } = await firstFace(pipeline, bytes);
    const network = await loadNetwork(specOf({}), engine);
    const spec = specOf({}).embedder;
    if (spec.kind !== 'arcface') throw new Error('not of the family');
    const cropper = arcfaceCropper(spec.card, () => Promise.reject(new Error('not needed')));
    const flipped = (point: { x: number; y: number }) => ({ x: image.width - 1 - point.x, y: point.y });
    const [leftEye, rightEye, nose, leftMouth, rightMouth] = landmarks!.map(flipped);
    // The template is nearly symmetric: the mirrored photo's own crop is nearly the mirrored crop.
    const other = await cropper.crop(mirroredPhoto, [
      { box, landmarks: [rightEye, leftEye, nose, rightMouth, leftMouth] },
    ]);
    const own = await cropper.crop(image, [{ box, landmarks }]);
    const [a] = await network.embed(own);
    const [b] = await network.embed(other);
    expect(euclidean(embedding, unit(a.map((value, i) => value + b[i])))).toBeLessThan(0.05);
  });
});

describe.skipIf(!hasShared)(`FLIP with FaceNet${needsShared}`, () => {
  it('averages the embeddings of the crop and of its mirror image', async () => {
    const spec = specOf({ DETECTOR: 'mtcnn', EMBEDDER: 'facenet', FLIP: 'both' });
    const bytes = await photo('Anthony_Hopkins_0001.jpg');
    const { box, embedding } = await firstFace(await loadPipeline(spec, { engine }), bytes);
    if (spec.embedder.kind !== 'facenet') throw new Error('not FaceNet');
    const network = await loadFacenetNetwork(engine, {
      ...spec.embedder,
      margin: { share: 0.28 },
      cacheDir: sharedCacheDir,
    });
    const image = await decodeImage(bytes, { maxPixels: 1e7 });
    const crop = new Float32Array(3 * 160 * 160);
    resampleRegion(image, withMargin(box, { share: 0.28 }, image.width, image.height), 160, 160, crop);
    const mirrored = crop.map((_, i) => {
      const [x, row] = [Math.floor(i / 3) % 160, Math.floor(i / 480)];
      return crop[480 * row + 3 * (159 - x) + (i % 3)];
    });
    const [a] = await network.embed(crop);
    const [b] = await network.embed(mirrored);
    expect(largestDifference(embedding, unit(a.map((value, i) => value + b[i])))).toBeLessThan(1e-5);
  });
});

describe('FLIP with face-api', () => {
  it.each(['enrol', 'both'])('is refused: %s', (FLIP) => {
    expect(() => specOf({ DETECTOR: 'ssd', EMBEDDER: 'face-api', FLIP })).toThrow(
      `FLIP=${FLIP} needs embeddings of unit length, which face-api's do not have; set FLIP=off or another EMBEDDER.`,
    );
    expect(specOf({ DETECTOR: 'ssd', EMBEDDER: 'face-api', FLIP: 'off' }).flip).toBe('off');
  });
});
