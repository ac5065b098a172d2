import { describe, expect, it } from 'vitest';
import { pyramidLevels, pyramidStrips } from '../../../../src/faces/detect/mtcnn/pyramid.js';
import { IntegralImage } from '../../../../src/faces/image/integral-image.js';
import { convertPnet } from '../../../../src/models/convert/mtcnn/networks.js';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import type { RgbImage } from '../../../../src/faces/image/image.js';
import { PNET, randomLayers, randomNumbers, weightsFile } from '../../../helpers/mtcnn-weights.js';
import { largestDifference } from '../../../helpers/photo.js';

function randomImage(width: number, height: number): RgbImage {
  const random = randomNumbers(height);
  return { width, height, data: Uint8Array.from({ length: 3 * width * height }, () => 127.5 + 127.5 * random()) };
}

/** At 12 px the first level is the picture itself, so its values are known without any resampling. */
function standardisedPlanes({ data, width, height }: RgbImage): Float32Array {
  const plane = width * height;
  return Float32Array.from(
    { length: 3 * plane },
    (_, i) => (data[(i % plane) * 3 + Math.floor(i / plane)] - 127.5) / 128,
  );
}

describe('pyramidStrips', () => {
  it.each([12, 13, 100, 137, 138, 139, 140, 265, 266, 267, 400])(
    'shows P-Net every row of a picture of %i rows once, as the whole picture would',
    async (rows) => {
      const image = randomImage(20, rows);
      const [level] = pyramidLevels(20, rows, 12, 0.5);
      const pnet = await createOnnxRuntime({ threads: 1 }).load(convertPnet(weightsFile(randomLayers(PNET, 1))));
      const whole = await pnet.run({ image: { data: standardisedPlanes(image), dims: [1, 3, rows, 20] } });
      const found: number[] = [];
      for (const strip of pyramidStrips(new IntegralImage(image), [level])) {
        expect(strip.top).toBe((found.length / whole.probability.dims[3]) * 2);
        found.push(...(await pnet.run({ image: strip.image })).probability.data);
      }
      expect(largestDifference(found, whole.probability.data)).toBeLessThan(1e-6);
      await pnet.dispose();
    },
  );

  it('shows every level from top to bottom', () => {
    const levels = pyramidLevels(150, 500, 20, 0.709);
    const bottoms = new Map(levels.map((level) => [level, 0]));
    for (const { level, top, image } of pyramidStrips(new IntegralImage(randomImage(150, 500)), levels)) {
      const [batch, channels, height, width] = image.dims;
      expect([batch, channels, width]).toEqual([1, 3, level.width]);
      expect(image.data).toHaveLength(3 * height * width);
      expect(top).toBe(Math.max(bottoms.get(level)! - 10, 0));
      bottoms.set(level, top + height);
    }
    expect([...bottoms].map(([level, bottom]) => level.height - bottom)).toEqual(levels.map(() => 0));
  });
});
