import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import type { Box } from '../../../../src/faces/image/box.js';
import { decodeImage } from '../../../../src/faces/image/decode.js';
import { CropInputs } from '../../../../src/faces/liveness/crop-inputs.js';
import { LivenessCheck } from '../../../../src/faces/liveness/liveness.js';
import { LIVENESS_CARDS, LivenessNetwork } from '../../../../src/faces/liveness/networks.js';
import { sharedCacheDir } from '../../../helpers/server.js';
import { hasShared, needsShared, sharedPath } from '../../../helpers/shared.js';

interface GoldenFace {
  readonly file: string;
  readonly box: Box;
  readonly minifasnetV2: readonly number[];
  readonly minifasnetV1SE: readonly number[];
  readonly minifasnetV2SE: readonly number[];
}
const golden = hasShared
  ? (JSON.parse(readFileSync(sharedPath('golden', 'liveness.json'), 'utf8')) as { faces: readonly GoldenFace[] }).faces
  : [];

const DIR = sharedPath('models', 'liveness');
const engine = createOnnxRuntime({ threads: 1 });
const photo = (file: string) => readFileSync(sharedPath('liveness-dev', ...file.split('/')));
const decode = (bytes: Uint8Array) => decodeImage(bytes, { maxPixels: 1e7 });

describe.skipIf(!hasShared)(`the liveness networks${needsShared}`, () => {
  it.each([
    ['MiniFASNetV2.onnx', 'minifasnetV2'],
    ['MiniFASNetV1SE.onnx', 'minifasnetV1SE'],
    ['minifasnet-v2se-facenox.onnx', 'minifasnetV2SE'],
  ] as const)('give the probabilities of the reference: %s', async (file, field) => {
    const network = await LivenessNetwork.load(engine, `${DIR}/${file}`, LIVENESS_CARDS[file], sharedCacheDir);
    for (const { file: name, box, [field]: expected } of golden) {
      const found = await network.probabilities(new CropInputs(await decode(photo(name))), box);
      const differences = expected.map((value, i) => Math.abs(value - found[i]));
      expect(Math.max(...differences), name).toBeLessThan(0.05);
    }
    await network.dispose();
  });
});

describe.skipIf(!hasShared)(`the judgement of a face${needsShared}`, () => {
  let check: LivenessCheck;
  beforeAll(async () => {
    check = await LivenessCheck.load(engine, { dir: DIR, threshold: 0.5 }, sharedCacheDir);
  });

  it('tells people from printed photos of them', async () => {
    for (const { file, box } of golden) {
      const { verdict } = await check.judge(await decode(photo(file)), { box, cutOff: false });
      expect(verdict, file).toBe(file.startsWith('real/') ? 'live' : 'spoof');
    }
  });

  it.each([
    ['ssd', 'print/0008_00_00_01_145.jpg', { x: 281.6, y: 114.5, width: 129.2, height: 164.1 }, 'spoof'],
    ['ssd', 'real/0009_01_00_02_362.jpg', { x: 220.9, y: 130.6, width: 136.7, height: 185.6 }, 'live'],
    ['haar', 'print/0005_00_04_02_281.jpg', { x: 186, y: 16, width: 126, height: 126 }, 'spoof'],
    ['haar', 'real/0008_00_00_02_162.jpg', { x: 173, y: 112, width: 268, height: 268 }, 'live'],
  ] as const)('holds with the boxes of %s: %s', async (detector, file, box, verdict) => {
    const ofDetector = await LivenessCheck.load(engine, { dir: DIR, threshold: 0.5 }, sharedCacheDir, detector);
    expect((await ofDetector.judge(await decode(photo(file)), { box, cutOff: false })).verdict).toBe(verdict);
  });

  it('is unsure of a small, a cut, a close and a dark face', async () => {
    const { file, box } = golden[0];
    const bytes = photo(file);
    const third = { x: box.x / 4, y: box.y / 4, width: box.width / 4, height: box.height / 4 };
    const small = await sharp(bytes).resize(160, 120).png().toBuffer();
    const dark = await sharp(bytes).linear(0.2, 0).png().toBuffer();
    const { x, y, width, height } = box;
    const crop = { left: Math.floor(x), top: Math.floor(y), width: Math.floor(width), height: Math.floor(height) };
    const tight = await sharp(bytes).extract(crop).png().toBuffer();
    const whole = { x: 0, y: 0, width: crop.width, height: crop.height };
    const unsure = (why: string) => ({ score: null, verdict: 'unsure', why });
    expect(await check.judge(await decode(small), { box: third, cutOff: false })).toEqual(unsure('too_small'));
    expect(await check.judge(await decode(bytes), { box, cutOff: true })).toEqual(unsure('cut_off'));
    expect(await check.judge(await decode(tight), { box: whole, cutOff: false })).toEqual(unsure('too_close'));
    expect(await check.judge(await decode(dark), { box, cutOff: false })).toEqual(unsure('too_dark'));
  });
});
