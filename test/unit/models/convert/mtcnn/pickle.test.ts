import { describe, expect, it } from 'vitest';
import { RostroError } from '../../../../../src/shared/errors.js';
import { readPickle } from '../../../../../src/models/convert/mtcnn/pickle.js';
import { float32Values, PickledArray, type PickleValue } from '../../../../../src/models/convert/mtcnn/pickle-numpy.js';
import {
  array,
  build,
  byteString,
  bytes,
  call,
  dict,
  dtype,
  floatArray,
  globalName,
  int,
  pickle,
  tuple,
  unicode,
} from '../../../../helpers/pickle-writer.js';

function failure(input: Uint8Array): string {
  try {
    readPickle(input);
  } catch (error) {
    if (!(error instanceof RostroError)) throw error;
    return `${error.code}: ${error.message}`;
  }
  return 'read without complaint';
}

function arrayOf(value: PickleValue): PickledArray {
  expect(value).toBeInstanceOf(PickledArray);
  return value as PickledArray;
}

describe('readPickle', () => {
  it('reads plain values', () => {
    const values = bytes('N', 0x88, 0x89, 'K', 7, 'M', 0x34, 0x12, int(-5), 0x8a, 2, 0xff, 0xfe, 0x8a, 0);
    const more = bytes('G', 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, byteString('ab'), 'U', 1, 'c', unicode('ñ'), ')');
    expect(readPickle(pickle(bytes('(', values, more, 't')))).toEqual([
      ...[null, true, false, 7, 0x1234, -5, -257, 0, 1.5],
      ...[Buffer.from('ab'), Buffer.from('c'), 'ñ', []],
    ]);
  });

  it('reads lists, tuples and dictionaries, with text or latin1 bytes as keys', () => {
    const list = bytes(']K', 1, 'a(K', 2, 'K', 3, 'e');
    const read = readPickle(
      pickle(dict([unicode('list'), list], [byteString('é'), bytes('K', 1, 'K', 2, 'K', 3, 0x87)])),
    );
    expect(read).toEqual(
      new Map<string, PickleValue>([
        ['list', [1, 2, 3]],
        ['é', [1, 2, 3]],
      ]),
    );
  });

  it('recalls what it stored', () => {
    expect(readPickle(pickle(bytes('(', unicode('x'), 'q', 5, 'h', 5, 'r', 1, 0, 0, 1, 'j', 1, 0, 0, 1, 't')))).toEqual(
      [...['x', 'x', 'x']],
    );
  });

  it('reads a float32 array as Python 2 and numpy 1 pickle it', () => {
    const read = arrayOf(readPickle(pickle(floatArray([2, 3], [1, 2, 3, 4, 5, 6]))));
    expect(read.shape).toEqual([2, 3]);
    expect(read.dtype.descr).toBe('<f4');
    expect(float32Values(read)).toEqual(new Float32Array([1, 2, 3, 4, 5, 6]));
  });

  it('reads a float32 array as numpy 2 pickles it, protocol 4', () => {
    const short = (text: string): Buffer => bytes(0x8c, text.length, text);
    const reconstruct = bytes(short('numpy._core.multiarray'), 0x94, short('_reconstruct'), 0x94, 0x93, 0x94);
    const ndarray = bytes(short('numpy'), 0x94, short('ndarray'), 0x94, 0x93, 0x94);
    const made = bytes(reconstruct, ndarray, 'K', 0, 0x85, 0x94, 'C', 1, 'b', 0x94, 0x87, 0x94, 'R', 0x94);
    const type = bytes('h', 3, short('dtype'), 0x94, 0x93, 0x94, short('f4'), 0x94, 0x89, 0x88, 0x87, 0x94, 'R', 0x94);
    const typeState = bytes('(K', 3, short('<'), 0x94, 'NNN', int(-1), int(-1), 'K', 0, 't', 0x94, 'b');
    const data = bytes('C', 8, new Uint8Array(new Float32Array([1.5, -2]).buffer));
    const state = bytes('(K', 1, 'K', 2, 0x85, 0x94, type, typeState, 0x89, data, 0x94, 't', 0x94, 'b');
    const body = bytes(made, state, '.');
    const frame = bytes(0x95, body.length, 0, 0, 0, 0, 0, 0, 0);
    const read = arrayOf(readPickle(bytes(0x80, 4, frame, body)));
    expect(float32Values(read)).toEqual(new Float32Array([1.5, -2]));
  });

  it('puts an array saved in Fortran order into row-major order', () => {
    const data = byteString(Buffer.from(new Float32Array([1, 4, 2, 5, 3, 6]).buffer));
    const read = arrayOf(readPickle(pickle(array({ shape: [2, 3], fortranOrder: true, data }))));
    expect(float32Values(read)).toEqual(new Float32Array([1, 2, 3, 4, 5, 6]));
  });

  it('keeps keys that would touch a prototype as plain keys', () => {
    const read = readPickle(pickle(dict([unicode('__proto__'), dict([unicode('polluted'), bytes(0x88)])])));
    expect([...(read as Map<string, PickleValue>).keys()]).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('reads a list that holds itself, and a value shared a million times', () => {
    const selfish = readPickle(pickle(bytes(']q', 0, 'h', 0, 'a'))) as PickleValue[];
    expect(selfish[0]).toBe(selfish);
    const doubled = Array.from({ length: 20 }, () => bytes('q', 0, 'h', 0, 0x86));
    expect(readPickle(pickle(bytes(unicode('x'), ...doubled)))).toHaveLength(2);
  });

  it('reads very deep nesting without running out of stack', () => {
    expect(readPickle(pickle(bytes('N', Buffer.alloc(200_000, 0x85))))).toHaveLength(1);
  });
});

describe('readPickle refuses to run code', () => {
  it.each([
    ['os.system', bytes(globalName('posix', 'system'), tuple(byteString('id')), 'R'), 'posix.system'],
    ['eval', bytes(globalName('__builtin__', 'eval'), tuple(byteString('1')), 'R'), '__builtin__.eval'],
    ['by the newer instruction', bytes(unicode('os'), unicode('system'), 0x93), 'os.system'],
    ['other parts of numpy', globalName('numpy', 'fromfile'), 'numpy.fromfile'],
    ['names of object members', globalName('constructor', '__proto__'), 'constructor.__proto__'],
    ['odd names', globalName('a\x1b[31m', 'b c'), 'a??31m.b?c'],
  ])('%s', (_, program, asked) => {
    const message = `it refers to ${asked}, which is not allowed`;
    expect(failure(pickle(program))).toBe(`bad_model_file: not a usable pickle: ${message}`);
  });
});

describe('malformed pickles', () => {
  const reconstruct = globalName('numpy.core.multiarray', '_reconstruct');
  const ndarray = globalName('numpy', 'ndarray');
  const floats = byteString(Buffer.alloc(8));

  it.each<[string, Uint8Array, string]>([
    ['nothing', bytes(), 'it is truncated'],
    ['only a start', bytes(0x80, 2), 'it is truncated'],
    ['protocol 1', bytes(0x80, 1, 'N.'), 'protocol 1 is unknown'],
    ['protocol 6', bytes(0x80, 6, 'N.'), 'protocol 6 is unknown'],
    ['a text file', bytes('hello'), 'it recalls value 101, which it did not store'],
    ['an instruction of no saved array', bytes(0x80, 2, '0N.'), 'instruction 0x30 at byte 2 is not supported'],
    ['persistent ids', bytes(0x80, 2, 'NQ.'), 'instruction 0x51 at byte 3 is not supported'],
    ['class instances', bytes(0x80, 2, '))', 0x81, '.'), 'instruction 0x81 at byte 4 is not supported'],
    ['extension codes', bytes(0x80, 2, 0x82, 1, '.'), 'instruction 0x82 at byte 2 is not supported'],
    ['bytes behind its end', bytes(pickle(bytes('N')), 'N'), 'bytes follow its end'],
    ['values left over', pickle(bytes('NN')), 'it ends with values on the stack'],
    ['a group left open', pickle(bytes('(N')), 'it ends with values on the stack'],
    ['no value', pickle(bytes()), 'it pops more values than it pushed'],
    ['a tuple of too few', pickle(bytes('N', 0x86)), 'it pops more values than it pushed'],
    ['a group never opened', pickle(bytes('Nt')), 'it pops a mark that it did not push'],
    ['a string longer than the file', pickle(bytes('T', 0xff, 0xff, 0xff, 0xff)), 'it is truncated'],
    ['a string of 2^63 bytes', pickle(bytes(0x8e, 0, 0, 0, 0, 0, 0, 0, 0x80)), 'it is truncated'],
    ['a name without an end', pickle(bytes('cnumpy')), 'it is truncated, or a name in it is too long'],
    ['an endless name', pickle(bytes('c', 'n'.repeat(5000), '\n\n')), 'it is truncated, or a name in it is too long'],
    ['a huge integer', pickle(bytes(0x8a, 7, Buffer.alloc(7))), 'it holds an integer of more than 48 bits'],
    ['an unknown memo', pickle(bytes('h', 3)), 'it recalls value 3, which it did not store'],
    ['appending to nothing', pickle(bytes('NNa')), 'it appends to something that is not a list'],
    ['a key of no dictionary', pickle(bytes('NNNs')), 'it sets a key of something that is not a dictionary'],
    ['a key without a value', pickle(bytes('}(Nu')), 'a dictionary key has no value'],
    ['a number as key', pickle(dict([int(1), int(2)])), 'a dictionary key is not text'],
    ['a global without a name', pickle(bytes('NN', 0x93)), 'it refers to something without a name'],
    ['calling without arguments', pickle(bytes(reconstruct, 'NR')), 'it makes a value without a list of arguments'],
    ['calling a number', pickle(bytes(int(1), ')R')), 'it calls something that cannot be called'],
    ['calling ndarray', pickle(call(ndarray, bytes(')'))), 'it calls something that cannot be called'],
    [
      'reconstructing no array',
      pickle(call(reconstruct, bytes(')'))),
      'it reconstructs something that is not a numpy array',
    ],
    ['filling a number', pickle(build(int(1), bytes(')'))), 'it fills something that is neither an array nor a dtype'],
    ['filling with a number', pickle(build(int(1), int(1))), 'it fills a value with something other than a tuple'],
    [
      'a dtype without a name',
      pickle(call(globalName('numpy', 'dtype'), bytes(')'))),
      'the name of a type is not text',
    ],
    ['a negative size', pickle(array({ shape: [-1], data: floats })), 'the shape of an array is not a tuple of sizes'],
    [
      '65 axes',
      pickle(array({ shape: Array<number>(65).fill(1), data: floats })),
      'the shape of an array is not a tuple of sizes',
    ],
    ['no dtype', pickle(array({ shape: [2], dtype: bytes('N'), data: floats })), 'an array has no dtype'],
    ['no data', pickle(array({ shape: [2], data: bytes('N') })), 'an array has no data'],
  ])('%s', (_, input, message) => {
    expect(failure(input)).toBe(`bad_model_file: not a usable pickle: ${message}`);
  });

  it('cut short anywhere is refused', () => {
    const whole = pickle(dict([unicode('conv1'), dict([byteString('biases'), floatArray([2], [1, 2])])]));
    expect(readPickle(whole)).toBeInstanceOf(Map);
    for (let length = 0; length < whole.length; length++) {
      expect(failure(whole.subarray(0, length))).toMatch(/^bad_model_file: not a usable pickle: it is truncated/);
    }
  });

  it('with any one byte changed is read or refused, and nothing else happens', () => {
    const whole = pickle(dict([unicode('conv1'), dict([byteString('biases'), floatArray([2], [1, 2])])]));
    for (let at = 0; at < whole.length; at++) {
      for (const change of [0x01, 0x20, 0x80, 0xff]) {
        const changed = Buffer.from(whole);
        changed[at] ^= change;
        expect(failure(changed)).toMatch(/^bad_model_file: not a usable pickle: |^read without complaint$/);
      }
    }
  });
});

describe('float32Values', () => {
  const values = (state: Parameters<typeof array>[0]): Float32Array =>
    float32Values(arrayOf(readPickle(pickle(array(state)))));

  it.each([
    [
      'float64',
      { shape: [1], dtype: dtype('f8', '<'), data: byteString(Buffer.alloc(8)) },
      'an array holds <f8, not float32',
    ],
    [
      'big endian',
      { shape: [2], dtype: dtype('f4', '>'), data: byteString(Buffer.alloc(8)) },
      'an array holds >f4, not float32',
    ],
    ['objects', { shape: [], dtype: dtype('O8', '|'), data: bytes(']') }, 'an array holds |O8, not float32'],
    ['too little', { shape: [3], data: byteString(Buffer.alloc(8)) }, 'an array of shape (3) holds 8 bytes'],
    ['too much', { shape: [1], data: byteString(Buffer.alloc(8)) }, 'an array of shape (1) holds 8 bytes'],
    [
      'a shape of 2^93 values',
      { shape: [0x7fffffff, 0x7fffffff, 0x7fffffff], data: byteString(Buffer.alloc(8)) },
      'an array of shape (2147483647, 2147483647, 2147483647) holds 8 bytes',
    ],
  ])('refuses %s', (_, state, message) => {
    expect(() => values(state)).toThrow(new RostroError('bad_model_file', `not a usable pickle: ${message}`));
  });

  it('reads an array without values', () => {
    expect(values({ shape: [0, 5], data: byteString('') })).toEqual(new Float32Array(0));
  });
});
