import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RostroError } from '../../../../src/shared/errors.js';
import { readWeights, shardNames } from '../../../../src/models/convert/face-api/weights-manifest.js';
import { faceApiModelDir, loadTf } from '../../../helpers/face-api.js';
import { largestDifference } from '../../../helpers/photo.js';

const bytesOf = (manifest: unknown) => Buffer.from(JSON.stringify(manifest));
const group = (...weights: unknown[]) => [{ paths: ['a.bin'], weights }];
const uint8 = { dtype: 'uint8', scale: 0.5, min: -1 };

describe('weights manifest', () => {
  it('reads plain and quantised tensors, one behind another across two shards', () => {
    const manifest = [
      {
        paths: ['a.bin', 'b.bin'],
        weights: [
          { name: 'plain', shape: [2], dtype: 'float32' },
          { name: 'bytes', shape: [1, 3], dtype: 'float32', quantization: uint8 },
          { name: 'words', shape: [2], dtype: 'float32', quantization: { dtype: 'uint16', scale: 2, min: 10 } },
          { name: 'whole', shape: [], dtype: 'int32', quantization: { dtype: 'uint8', scale: 0.6, min: 0 } },
          { name: 'count', shape: [1], dtype: 'int32' },
        ],
      },
    ];
    const all = Buffer.alloc(8 + 3 + 4 + 1 + 4);
    all.writeFloatLE(1.5, 0);
    all.writeFloatLE(-2, 4);
    all.set([0, 1, 255], 8);
    all.writeUInt16LE(1, 11);
    all.writeUInt16LE(65535, 13);
    all[15] = 3;
    all.writeInt32LE(-7, 16);
    const tensors = readWeights(bytesOf(manifest), [all.subarray(0, 10), all.subarray(10)]);
    expect(Object.fromEntries(tensors)).toEqual({
      plain: { dims: [2], data: Float32Array.of(1.5, -2) },
      bytes: { dims: [1, 3], data: Float32Array.of(-1, -0.5, 126.5) },
      words: { dims: [2], data: Float32Array.of(12, 131080) },
      whole: { dims: [], data: Float32Array.of(2) },
      count: { dims: [1], data: Float32Array.of(-7) },
    });
    expect(shardNames(bytesOf(manifest))).toEqual(['a.bin', 'b.bin']);
  });

  it('gives each group its own shards', () => {
    const manifest = [
      { paths: ['a.bin'], weights: [{ name: 'a', shape: [1], dtype: 'float32', quantization: uint8 }] },
      { paths: ['b.bin'], weights: [{ name: 'b', shape: [1], dtype: 'float32', quantization: uint8 }] },
    ];
    const tensors = readWeights(bytesOf(manifest), [Uint8Array.of(4), Uint8Array.of(6)]);
    expect(tensors.get('a')?.data).toEqual(Float32Array.of(1));
    expect(tensors.get('b')?.data).toEqual(Float32Array.of(2));
  });

  it.each(['ssd_mobilenetv1_model', 'face_landmark_68_model', 'face_recognition_model'])(
    'reads %s as TensorFlow.js does, bit for bit',
    async (model) => {
      const tf = await loadTf();
      const manifest = readFileSync(join(faceApiModelDir, `${model}-weights_manifest.json`));
      const shard = readFileSync(join(faceApiModelDir, `${model}.bin`));
      const specs = (JSON.parse(manifest.toString()) as { weights: unknown }[])[0].weights;
      const expected = tf.io.decodeWeights(new Uint8Array(shard).buffer, specs);

      expect(shardNames(manifest)).toEqual([`${model}.bin`]);
      const tensors = readWeights(manifest, [shard]);
      expect([...tensors.keys()]).toEqual(Object.keys(expected));
      for (const [name, { dims, data }] of tensors) {
        expect(dims, name).toEqual(expected[name].shape);
        expect(largestDifference(data, expected[name].dataSync()), name).toBe(0);
      }
    },
  );
});

const tensor = { name: 't', shape: [2], dtype: 'float32' };
const eight = [new Uint8Array(8)];
const malformed: [what: string, manifest: unknown, shards: Uint8Array[], message: string][] = [
  ['an empty list', [], eight, 'it is not a list of weight groups'],
  ['an object', {}, eight, 'it is not a list of weight groups'],
  ['null', null, eight, 'it is not a list of weight groups'],
  ['a group of null', [null], eight, 'a weight group lacks its "paths" or its "weights"'],
  ['a group without paths', [{ weights: [] }], eight, 'a weight group lacks its "paths" or its "weights"'],
  ['a path out of the folder', [{ paths: ['../a'], weights: [] }], eight, '"../a" is not the name of a file beside it'],
  ['an absolute path', [{ paths: ['/a'], weights: [] }], eight, '"/a" is not the name of a file beside it'],
  ['a path that is a number', [{ paths: [7], weights: [] }], eight, '7 is not the name of a file beside it'],
  ['a tensor of null', group(null), eight, 'a tensor has no name'],
  ['a tensor without a name', group({ shape: [2], dtype: 'float32' }), eight, 'a tensor has no name'],
  [
    'a tensor without a shape',
    group({ name: 't', dtype: 'float32' }),
    eight,
    'the shape of the tensor "t" is not a list of sizes',
  ],
  ['a negative size', group({ ...tensor, shape: [-2] }), eight, 'the shape of the tensor "t" is not a list of sizes'],
  ['half a size', group({ ...tensor, shape: [0.5] }), eight, 'the shape of the tensor "t" is not a list of sizes'],
  [
    'nine axes',
    group({ ...tensor, shape: [1, 1, 1, 1, 1, 1, 1, 1, 2] }),
    eight,
    'the shape of the tensor "t" is not a list of sizes',
  ],
  ['text', group({ ...tensor, dtype: 'string' }), eight, 'the tensor "t" is "string", not float32 or int32'],
  [
    'an unknown quantisation',
    group({ ...tensor, quantization: { dtype: 'float16' } }),
    eight,
    'the tensor "t" is quantised as "float16", not uint8 or uint16',
  ],
  [
    'a quantisation of null',
    group({ ...tensor, quantization: null }),
    eight,
    'the quantization of the tensor "t" is not readable',
  ],
  [
    'a quantisation without a scale',
    group({ ...tensor, quantization: { dtype: 'uint8', min: 0 } }),
    eight,
    'the quantization of the tensor "t" lacks its "scale" or its "min"',
  ],
  [
    'a tensor twice',
    group({ ...tensor, shape: [1] }, { ...tensor, shape: [1] }),
    eight,
    'the tensor "t" is listed twice',
  ],
  ['a truncated shard', group(tensor), [new Uint8Array(7)], 'its binary files end inside the tensor "t"'],
  [
    'a forged shape',
    group({ ...tensor, shape: [2 ** 52, 2 ** 52, 2 ** 52, 2 ** 52] }),
    eight,
    'its binary files end inside the tensor "t"',
  ],
  ['a long shard', group(tensor), [new Uint8Array(9)], 'its binary files hold 9 bytes where it describes 8'],
  ['a missing shard', group(tensor), [], 'it needs 1 binary files and was given 0'],
];

describe('malformed weights manifests', () => {
  const refusal = (manifest: Uint8Array, shards: Uint8Array[]) => {
    try {
      readWeights(manifest, shards);
    } catch (error) {
      return error instanceof RostroError ? { code: error.code, message: error.message } : error;
    }
    return 'accepted';
  };

  it.each(malformed)('refuses %s', (_, manifest, shards, message) => {
    expect(refusal(bytesOf(manifest), shards)).toEqual({
      code: 'bad_model_file',
      message: `not a usable weights manifest: ${message}`,
    });
  });

  it('refuses what is not JSON', () => {
    expect(refusal(Buffer.from('[{"paths":'), eight)).toEqual({
      code: 'bad_model_file',
      message: 'not a usable weights manifest: it is not JSON',
    });
  });

  it('refuses a manifest of many megabytes unread', () => {
    expect(refusal(Buffer.alloc(5_000_000, ' '), eight)).toEqual({
      code: 'bad_model_file',
      message: 'not a usable weights manifest: it is 5000000 bytes long, more than any manifest',
    });
  });
});
