import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fuzz, type FuzzOptions } from '../../helpers/fuzz/fuzz.js';
import { graphDefs } from '../../helpers/fuzz/graphdef.js';
import { onnxCache, onnxModels } from '../../helpers/fuzz/onnx.js';
import { npy, pickles } from '../../helpers/fuzz/npy-and-pickle.js';
import { pictureCorpus, pictures } from '../../helpers/fuzz/pictures.js';
import { smallTflite, tflites } from '../../helpers/fuzz/tflite.js';
import { convertTflite } from '../../../src/models/convert/tflite/convert.js';

/** A hang and not a slow machine. `npm run soak -- fuzz` takes twenty times as many inputs and one second. */
const options: FuzzOptions = { runs: 200, seed: 6, longestMs: 20_000 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-fuzz-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([npy, pickles, graphDefs, onnxModels])(
  '$name: a value or a documented refusal, whatever the bytes',
  async (subject) => {
    const { accepted, refused } = await fuzz(subject, options);
    expect(accepted + refused).toBe(options.runs);
    expect(Math.min(accepted, refused)).toBeGreaterThan(0);
  },
);

it('TensorFlow Lite: a network or a documented refusal for 2,000 damaged files', async () => {
  expect(convertTflite(smallTflite).dimension).toBe(3);
  const { accepted, refused } = await fuzz(tflites, { ...options, runs: 2000 });
  expect(accepted + refused).toBe(2000);
  expect(Math.min(accepted, refused)).toBeGreaterThan(0);
});

it('ONNX cache: a damaged model or checksum is made anew', async () => {
  const { inputs } = await fuzz(await onnxCache(folder), { ...options, runs: 60 });
  expect(inputs).toBe(60);
});

it('images: pixels or a documented refusal, whatever the bytes', async () => {
  const { accepted, refused } = await fuzz(pictures(await pictureCorpus()), options);
  expect(accepted + refused).toBe(options.runs);
  expect(Math.min(accepted, refused)).toBeGreaterThan(0);
});

it('finds what it is there to find: another error, and a hang', async () => {
  const inputs = fc.uint8Array({ minLength: 1 });
  const take = (input: Uint8Array) => {
    if (input[0] > 100) throw new TypeError('undefined is not a function');
    return true;
  };
  await expect(fuzz({ name: 'faulty', inputs, take }, options)).rejects.toThrow('faulty does not bear "ZQ=="');
  const slow = () => new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 20));
  await expect(fuzz({ name: 'slow', inputs, take: slow }, { ...options, longestMs: 5 })).rejects.toThrow(
    'slow does not bear',
  );
});
