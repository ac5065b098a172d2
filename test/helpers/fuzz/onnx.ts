import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeOnnx } from '../../../src/models/convert/onnx/onnx-reader.js';
import { withFastPrelu } from '../../../src/models/convert/onnx/fast-prelu.js';
import { modelProto } from '../../../src/models/convert/onnx/onnx.js';
import { cachedOnnx } from '../../../src/models/convert/cache.js';
import { answers, type Subject } from './fuzz.js';
import { count, smallOnnx as onnx } from './graphdef.js';
import { mutated } from './mutate.js';

const name = fc.constantFrom('', 'x', 'y', 'w', '__proto__');
const someModel = fc
  .record({
    opset_import: fc.constantFrom([{ version: 17 }], [{ version: 12 }], []),
    graph: fc.record({
      name,
      node: fc.array(
        fc.record({
          name,
          op_type: fc.constantFrom('', 'Relu', 'Conv', 'PRelu', 'constructor'),
          input: fc.array(name, { maxLength: 3 }),
          output: fc.array(name, { maxLength: 2 }),
          attribute: fc.array(
            fc.record({ name, type: fc.nat(8), f: fc.float(), i: fc.integer(), ints: fc.array(fc.integer()) }),
          ),
        }),
        { maxLength: 3 },
      ),
      initializer: fc.array(
        fc.record({
          name,
          dims: fc.array(count, { maxLength: 4 }),
          data_type: fc.constantFrom(1, 7, 10),
          raw_data: fc.uint8Array({ maxLength: 32 }),
        }),
        { maxLength: 3 },
      ),
      input: fc.constantFrom(
        [],
        [{ name: 'x', type: { tensor_type: { elem_type: 1, shape: { dim: [{ dim_value: 1 }] } } } }],
      ),
      output: fc.constantFrom([], [{ name: 'y', type: { tensor_type: { elem_type: 1 } } }], [{ name: 'x' }]),
    }),
  })
  .map((model) => modelProto().encode(modelProto().fromObject(model)).finish());

export const onnxModels: Subject = {
  name: 'ONNX',
  inputs: fc.oneof(mutated([onnx]), someModel),
  take: (input) =>
    answers(['bad_model_file'], () => {
      withFastPrelu(input);
      decodeOnnx(input);
    }),
};

/** A changed stored model or checksum, which is always converted again. */
export async function onnxCache(
  folder: string,
): Promise<Subject<{ readonly suffix: '' | '.sha256'; readonly bytes: Uint8Array }>> {
  await mkdir(folder, { recursive: true });
  const source = join(folder, 'source.bin');
  await writeFile(source, randomBytes(16));
  const conversion = { cacheDir: join(folder, 'cache'), converter: 'fuzz-1', sources: [source], convert: () => onnx };
  const { path } = await cachedOnnx(conversion);
  const good = { '': onnx, '.sha256': await readFile(`${path}.sha256`) };
  const damaged = (suffix: '' | '.sha256') =>
    mutated([good[suffix]], [' ', '\n', '0'.repeat(64)]).map((bytes) => ({ suffix, bytes }));
  return {
    name: 'ONNX cache',
    inputs: fc.oneof(damaged(''), damaged('.sha256')),
    take: async ({ suffix, bytes }) => {
      await writeFile(path + suffix, bytes);
      await cachedOnnx(conversion);
      if (!Buffer.from(onnx).equals(await readFile(path))) throw new Error('the stored model is another one');
      return Buffer.from(good[suffix]).equals(bytes);
    },
  };
}
