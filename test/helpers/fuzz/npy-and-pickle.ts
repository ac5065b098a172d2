import fc from 'fast-check';
import { parseNpy, readFloatMatrix, writeFloatMatrix } from '../../../src/shared/npy.js';
import { readPickle } from '../../../src/models/convert/mtcnn/pickle.js';
import { float32Values, PickledArray, type PickleValue } from '../../../src/models/convert/mtcnn/pickle-numpy.js';
import {
  build,
  byteString,
  bytes,
  call,
  dict,
  dtype,
  floatArray,
  globalName,
  int,
  objectNpy,
  pickle,
  tuple,
  unicode,
} from '../pickle-writer.js';
import { answers, type Subject } from './fuzz.js';
import { mutated } from './mutate.js';

const size = fc.oneof(
  fc.nat(4).map(String),
  fc.maxSafeNat().map(String),
  fc.constantFrom('-1', '1L', '2.5', '', ' ', '9'.repeat(400), 'None', '()'),
);
const npyWithHeader = fc
  .tuple(
    fc.integer({ min: 0, max: 4 }),
    fc.constantFrom('<f4', '<f8', '>f4', '|O', '<i4', '|S4', ''),
    fc.constantFrom('True', 'False', 'None'),
    fc.array(size, { maxLength: 5 }),
    fc.uint8Array({ maxLength: 64 }),
  )
  .map(([version, descr, fortran, shape, payload]) => {
    const header = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape.join(', ')}), }\n`;
    const length = [header.length & 255, header.length >> 8, ...(version > 1 ? [0, 0] : [])];
    return bytes(0x93, 'NUMPY', version, 0, ...length, header, payload);
  });

const mtcnnLike = pickle(dict([unicode('conv1'), dict([unicode('weights'), floatArray([2, 3], [1, 2, 3, 4, 5, 6])])]));

export const npy: Subject = {
  name: 'npy',
  inputs: fc.oneof(
    mutated(
      [
        writeFloatMatrix(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 3),
        writeFloatMatrix(new Float32Array(256), 2, 128),
        writeFloatMatrix(new Float32Array(), 0, 128),
        objectNpy(dict([unicode('a'), floatArray([2], [1, 2])])),
      ],
      ["'shape': (", "'descr': '<f4'", "'fortran_order': True", '(', ')', ',', "'", '9007199254740993', '\n'],
    ),
    npyWithHeader,
  ),
  take: (input) => {
    const parsed = answers(['bad_model_file'], () => parseNpy(input));
    return answers(['bad_model_file'], () => readFloatMatrix(input)) || parsed;
  },
};

/** All supported instructions and some others, with plausible arguments. */
const instruction = fc.oneof(
  fc.constantFrom(...Array.from('N(.)0Qi]}tReasbud')).map((code) => bytes(code)),
  fc.constantFrom(0x85, 0x86, 0x87, 0x88, 0x89, 0x93, 0x94).map((code) => bytes(code)),
  fc.tuple(fc.constantFrom(...Array.from('Kqh')), fc.nat(3)).map(([code, value]) => bytes(code, value)),
  fc
    .tuple(fc.constantFrom(...Array.from('JTXBrj')), fc.constantFrom(0, 1, 2, -1, 2 ** 31 - 1))
    .map(([code, value]) => bytes(code, int(value).subarray(1))),
  fc
    .tuple(fc.constantFrom(0x8a, 0x55, 0x43, 0x8c), fc.uint8Array({ maxLength: 9 }))
    .map(([code, value]) => bytes(code, value.length, value)),
  fc
    .tuple(fc.constantFrom(0x8e, 0x8d, 0x95), fc.uint8Array({ minLength: 8, maxLength: 12 }))
    .map(([code, value]) => bytes(code, value)),
  fc.constantFrom(unicode('x'), byteString('f4'), dtype('f4', '<'), dtype('O8', '|'), int(-1), int(2 ** 31 - 1)),
  fc.constantFrom(
    globalName('numpy.core.multiarray', '_reconstruct'),
    globalName('numpy', 'ndarray'),
    globalName('numpy', 'dtype'),
    globalName('os', 'system'),
    floatArray([2], [1, 2]),
    tuple(int(1), tuple(int(2)), dtype('f4', '<'), bytes(0x88), byteString('12345678')),
    call(globalName('numpy', 'dtype'), tuple()),
    build(dtype('f4', '<'), tuple()),
  ),
);
const program = fc
  .array(instruction, { maxLength: 40, size: 'max' })
  .map((instructions) => bytes(0x80, 2, ...instructions, '.'));

export const pickles: Subject = {
  name: 'pickle',
  inputs: fc.oneof(mutated([mtcnnLike, pickle(floatArray([2, 3], [1, 2, 3, 4, 5, 6]))]), program),
  take: (input) =>
    answers(['bad_model_file'], () => {
      for (const array of arraysIn(readPickle(input))) answers(['bad_model_file'], () => float32Values(array));
    }),
};

/** All arrays of a pickle, which may contain itself. */
function arraysIn(root: PickleValue): PickledArray[] {
  const found: PickledArray[] = [];
  const seen = new Set<PickleValue>();
  const open = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    if (value instanceof PickledArray) {
      found.push(value);
      if (Array.isArray(value.data)) open.push(...value.data);
    } else if (Array.isArray(value)) open.push(...value);
    else if (value instanceof Map) open.push(...value.values());
  }
  return found;
}
