import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { pipelineSpec } from '../../../src/app/pipeline.js';
import { readConfig } from '../../../src/app/config.js';
import { NearestMatcher } from '../../../src/matching/nearest.js';
import type { FacePipeline } from '../../../src/faces/pipeline/face-pipeline.js';
import { loadPipeline } from '../../../src/faces/pipeline/load.js';
import type { EmbeddedFace } from '../../../src/faces/pipeline/pipeline.js';
import { createOnnxRuntime } from '../../../src/engine/onnxruntime.js';
import { decodeImage } from '../../../src/faces/image/decode.js';
import { largestDifference } from '../../helpers/photo.js';
import { sharedCacheDir } from '../../helpers/server.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';
import { loadReference } from '../../reference/load.js';
import {
  distanceBetween,
  lookAt,
  nameOf,
  type EmbeddedReferenceFace,
  type Example,
  type ReferenceNetworks,
} from '../../reference/path.js';

const PEOPLE = 300;
const ENROLLED = 60;
const MIN_FACE_PX = 20;

/**
 * Measured over 434 faces: 428 boxes to the last bit, the others, which are found in a small copy of the picture and
 * scaled back, within 0.00025 px; all scores to the last bit; embeddings within 0.000005. Both paths add the same pixels
 * in another order and in other precision. The tolerances leave room for other processors' float32 sums, not for another
 * pixel: a box cut to whole pixels elsewhere comes out several tenths away.
 */
const TOLERANCE = { boxPx: 0.05, landmarkPx: 0.05, score: 1e-3, embedding: 1e-4 };

interface Look {
  readonly photo: string;
  readonly fast: EmbeddedFace;
  readonly plain: EmbeddedReferenceFace;
}

const lfw = sharedPath('lfw-dev', 'images');
const photosOf = (person: string) => readdirSync(join(lfw, person)).sort();

function photosUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const leftToRight = <T extends { box: { x: number } }>(faces: readonly T[]): T[] =>
  faces.toSorted((a, b) => a.box.x - b.box.x);
const edges = ({ box: { x, y, width, height } }: Look['plain'] | Look['fast']) => [x, y, x + width, y + height];

describe.skipIf(!hasShared)(`the fast path beside the plain one${needsShared}`, () => {
  const people = hasShared ? readdirSync(lfw).sort().slice(0, PEOPLE) : [];
  const looks: Look[] = [];
  const counts: { photo: string; fast: number; plain: number }[] = [];
  let gallery: Example[];
  let pipeline: FacePipeline;
  let networks: ReferenceNetworks;

  beforeAll(async () => {
    const settings = { ROSTRO_DATA: sharedPath('models'), DETECTOR: 'mtcnn', EMBEDDER: 'facenet' };
    const spec = { ...pipelineSpec(readConfig(settings)), cacheDir: sharedCacheDir };
    pipeline = await loadPipeline(spec);
    networks = await loadReference(createOnnxRuntime({ threads: spec.threads }));
    const firstPhotos = people.map((person) => join(lfw, person, photosOf(person)[0]));
    for (const path of [...photosUnder(sharedPath('images')), ...firstPhotos]) await lookTwice(path);
    gallery = await enrol(people.filter((person) => photosOf(person).length > 1).slice(0, ENROLLED));
  });

  async function lookPlainly(path: string): Promise<EmbeddedReferenceFace[]> {
    const image = await decodeImage(await readFile(path), { maxPixels: 5e7 });
    return leftToRight(await lookAt(networks, image, MIN_FACE_PX));
  }

  async function lookTwice(path: string): Promise<void> {
    const fast = leftToRight((await pipeline.run('analyse', { bytes: await readFile(path) })).faces);
    const plain = await lookPlainly(path);
    const photo = relative(sharedPath(), path);
    counts.push({ photo, fast: fast.length, plain: plain.length });
    if (fast.length === plain.length) looks.push(...fast.map((face, i) => ({ photo, fast: face, plain: plain[i] })));
  }

  /** The largest face of each person's second photo, embedded by the plain path. */
  async function enrol(names: readonly string[]): Promise<Example[]> {
    const examples: Example[] = [];
    for (const name of names) {
      const faces = await lookPlainly(join(lfw, name, photosOf(name)[1]));
      const [{ embedding }] = faces.toSorted((a, b) => b.box.width - a.box.width);
      examples.push({ name, embedding });
    }
    return examples;
  }

  const differing = (difference: (look: Look) => number, tolerance: number) =>
    looks.filter((look) => !(difference(look) < tolerance)).map((look) => [look.photo, difference(look)]);

  it('sees as many faces in every photo', () => {
    expect(counts.filter(({ photo }) => photo.startsWith('lfw-dev'))).toHaveLength(PEOPLE);
    expect(counts.filter(({ fast, plain }) => fast !== plain)).toEqual([]);
    expect(looks.length).toBeGreaterThan(counts.length);
  });

  it('draws the same boxes', () => {
    const move = ({ fast, plain }: Look) => largestDifference(edges(fast), edges(plain));
    expect(differing(move, TOLERANCE.boxPx)).toEqual([]);
  });

  it('is as sure of each', () => {
    const gap = ({ fast, plain }: Look) => Math.abs(fast.confidence - plain.confidence);
    expect(differing(gap, TOLERANCE.score)).toEqual([]);
  });

  it('puts the landmarks on the same pixels', () => {
    const move = ({ fast, plain }: Look) =>
      Math.max(...fast.landmarks!.map(({ x, y }, i) => Math.hypot(x - plain.landmarks[i].x, y - plain.landmarks[i].y)));
    expect(differing(move, TOLERANCE.landmarkPx)).toEqual([]);
  });

  it('describes each face alike', () => {
    const distance = ({ fast, plain }: Look) => distanceBetween(fast.embedding, plain.embedding);
    expect(differing(distance, TOLERANCE.embedding)).toEqual([]);
  });

  it('gives each face the same name, or none', async () => {
    const { threshold } = pipeline.info.contract;
    const examples = gallery.map(({ name, embedding }) => ({ name, examples: [{ embedding }] }));
    const matcher = new NearestMatcher({ version: 1, people: () => examples });
    const questions = looks.map(({ fast: { embedding } }) => ({ embedding }));
    const matches = await matcher.match(questions, threshold);
    const named = looks.map(({ photo, plain }, i) => ({
      photo,
      fast: matches[i].name,
      plain: nameOf(plain.embedding, gallery, threshold),
    }));
    expect(named.filter(({ fast, plain }) => fast !== plain)).toEqual([]);
    const recognised = ({ name }: Example) =>
      named.some(({ photo, plain }) => plain === name && photo.includes(`/${name}/`));
    expect(gallery.filter(recognised).length).toBeGreaterThan(0.9 * ENROLLED);
    expect(named.some(({ plain }) => plain === null)).toBe(true);
  });
});
