import { describe, expect, it } from 'vitest';
import { arcfaceCropper } from '../../../../src/faces/embed/arcface.js';
import { createEmbedder, type EmbeddingNetwork, type FaceRegion } from '../../../../src/faces/embed/embedder.js';
import { facenetCropper } from '../../../../src/faces/embed/facenet.js';
import type { Landmarks5 } from '../../../../src/faces/image/box.js';
import { ARCFACE_TEMPLATE } from '../../../../src/models/card.js';

/** Brighter to the right in red, downwards in green. */
const image = {
  width: 200,
  height: 180,
  data: Uint8Array.from({ length: 3 * 200 * 180 }, (_, i) => [Math.floor(i / 3) % 200, Math.floor(i / 600), 50][i % 3]),
};
const shifted = (by: number) => ARCFACE_TEMPLATE.map(([x, y]) => ({ x: x + by, y: y + by })) as unknown as Landmarks5;
const box = { x: 30, y: 30, width: 70, height: 90 };

/** Puts out the means of the left and of the right half of each crop's red values, and counts its runs. */
function halvesNetwork(side: number): EmbeddingNetwork & { runs: number } {
  const length = 3 * side * side;
  return {
    runs: 0,
    contract: {} as EmbeddingNetwork['contract'],
    cropLength: length,
    provider: 'test',
    embed(crops) {
      this.runs += 1;
      const embeddings = Array.from({ length: crops.length / length }, (_, face) => {
        const halves = new Float32Array(2);
        for (let i = 0; i < side * side; i++) {
          halves[i % side < side / 2 ? 0 : 1] += (2 * crops[face * length + 3 * i]) / (side * side);
        }
        return halves;
      });
      return Promise.resolve(embeddings);
    },
    dispose: () => Promise.resolve(),
  };
}

const template = ARCFACE_TEMPLATE.map(([x, y]): [number, number] => [x, y]);

describe('the cropper of the ArcFace family', () => {
  it('locates landmarks of those faces only that come without', async () => {
    const asked: (readonly FaceRegion[])[] = [];
    const cropper = arcfaceCropper({ size: 112, template }, (_, faces) => {
      asked.push(faces);
      return Promise.resolve(faces.map(() => shifted(20)));
    });
    const bare: FaceRegion = { box, landmarks: null };
    const crops = await cropper.crop(image, [{ box, landmarks: shifted(10) }, bare, { box, landmarks: shifted(20) }]);
    expect(asked).toEqual([[bare]]);
    const faces = [0, 1, 2].map((i) => crops.subarray(i * 3 * 112 ** 2, (i + 1) * 3 * 112 ** 2));
    expect(faces[1]).toEqual(faces[2]);
    expect([faces[0][0], faces[1][0]].map(Math.round)).toEqual([10, 20]);
    await cropper.crop(image, [{ box, landmarks: shifted(10) }]);
    expect(asked).toHaveLength(1);
  });
});

describe('embedWithMirrored', () => {
  it.each([
    ['the ArcFace family', 112, arcfaceCropper({ size: 112, template }, () => Promise.reject(new Error('not needed')))],
    ['FaceNet', 160, facenetCropper({})],
  ])('embeds the crop of %s and its mirror image in one run', async (_name, side, cropper) => {
    const network = halvesNetwork(side);
    const embedder = createEmbedder(cropper, network);
    const faces = [
      { box, landmarks: shifted(10) },
      { box: { ...box, x: 90 }, landmarks: shifted(60) },
    ];
    const plain = await embedder.embed(image, faces);
    const pairs = await embedder.embedWithMirrored(image, faces);
    expect(network.runs).toBe(2);
    expect(pairs.map(({ embedding }) => embedding)).toEqual(plain);
    for (const { embedding, mirrored } of pairs) {
      expect(embedding[1]).toBeGreaterThan(embedding[0] + 20);
      expect(mirrored[0]).toBeCloseTo(embedding[1], 3);
      expect(mirrored[1]).toBeCloseTo(embedding[0], 3);
    }
    expect(await embedder.embedWithMirrored(image, [])).toEqual([]);
    expect(network.runs).toBe(2);
  });
});
