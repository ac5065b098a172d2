import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RostroError } from '../../../src/shared/errors.js';
import { parseNpy, readFloatMatrix, writeFloatMatrix } from '../../../src/shared/npy.js';

/** Built by hand from NEP 1: magic, version, header length, dictionary padded to 64, payload. */
function npy(dict: string, payload: Uint8Array = new Uint8Array(), version = 1): Buffer {
  const prefix = version === 1 ? 10 : 12;
  const header = `${dict}${' '.repeat((64 - ((prefix + dict.length + 1) % 64)) % 64)}\n`;
  const head = Buffer.alloc(prefix);
  head.set([0x93, ...Buffer.from('NUMPY'), version, 0]);
  if (version === 1) head.writeUInt16LE(header.length, 8);
  else head.writeUInt32LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(header), payload]);
}

function dict(shape: string, descr = '<f4', fortran = 'False'): string {
  return `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;
}

/** 1, -2, 0.5, 3 as IEEE 754 little-endian. */
const FLOAT32_PAYLOAD = Buffer.from('0000803f' + '000000c0' + '0000003f' + '00004040', 'hex');
const FLOAT64_PAYLOAD = Buffer.from('000000000000f03f' + '00000000000000c0', 'hex');

describe('reading a float matrix', () => {
  it('reads float32 of every version', () => {
    for (const version of [1, 2, 3]) {
      const { data, rows, columns } = readFloatMatrix(npy(dict('(2, 2)'), FLOAT32_PAYLOAD, version));
      expect([...data, rows, columns]).toEqual([1, -2, 0.5, 3, 2, 2]);
    }
  });

  it('reads float64 as float32', () => {
    const { data, rows, columns } = readFloatMatrix(npy(dict('(1, 2)', '<f8'), FLOAT64_PAYLOAD));
    expect([...data, rows, columns]).toEqual([1, -2, 1, 2]);
  });

  it('reads from the middle of a larger, unaligned buffer', () => {
    const file = npy(dict('(2, 2)'), FLOAT32_PAYLOAD);
    const inside = Buffer.concat([Buffer.from([7]), file, Buffer.from([7])]).subarray(1, 1 + file.length);
    expect([...readFloatMatrix(inside).data]).toEqual([1, -2, 0.5, 3]);
  });

  it('reads the long integers of Python 2', () => {
    expect(readFloatMatrix(npy(dict('(2L, 2L)'), FLOAT32_PAYLOAD)).rows).toBe(2);
  });

  it('takes an empty matrix', () => {
    expect(readFloatMatrix(npy(dict('(0, 128)')))).toEqual({ data: new Float32Array(), rows: 0, columns: 128 });
  });
});

describe('parsing the container', () => {
  it('gives the header and everything behind it', () => {
    const { descr, fortranOrder, shape, payload } = parseNpy(npy(dict('(3,)', '|O', 'True'), Buffer.from('pickle')));
    expect({ descr, fortranOrder, shape }).toEqual({ descr: '|O', fortranOrder: true, shape: [3] });
    expect(Buffer.from(payload).toString()).toBe('pickle');
  });

  it('takes a scalar for a shape without sizes', () => {
    expect(parseNpy(npy(dict('()', '|O'))).shape).toEqual([]);
  });
});

describe('malformed files', () => {
  const good = npy(dict('(2, 2)'), FLOAT32_PAYLOAD);
  const withByte = (index: number, value: number): Buffer => {
    const copy = Buffer.from(good);
    copy[index] = value;
    return copy;
  };
  const hugeHeader = Buffer.concat([Buffer.from('934e554d50590200ffffffff', 'hex'), Buffer.alloc(20_000, ' ')]);
  const cases: [string, Uint8Array, string][] = [
    ['nothing', new Uint8Array(), 'it does not start like one'],
    ['text', Buffer.from('not a numpy file at all'), 'it does not start like one'],
    ['a wrong magic', withByte(1, 0), 'it does not start like one'],
    ['version 0', withByte(6, 0), 'version 0 is unknown'],
    ['version 4', withByte(6, 4), 'version 4 is unknown'],
    ['an end inside the length', Buffer.from('934e554d505902000000', 'hex'), 'it ends inside its header'],
    ['an end inside the header', good.subarray(0, 40), 'it ends inside its header'],
    ['a header of 4 GiB', hugeHeader, 'its header of 4294967295 bytes is over the limit of 10000'],
    ['a header of spaces', npy(' '), 'its header is not readable'],
    ['no shape', npy(`{'descr': '<f4', 'fortran_order': False}`), 'its header is not readable'],
    ['no order', npy(`{'descr': '<f4', 'shape': (2, 2)}`), 'its header is not readable'],
    [
      'records',
      npy(`{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}`),
      'its values are records, not numbers',
    ],
    ['a negative size', npy(dict('(-2, 2)')), 'its shape (-2, 2) is not a list of sizes'],
    ['a fraction', npy(dict('(1.5, 2)')), 'its shape (1.5, 2) is not a list of sizes'],
    ['a size without comma', npy(dict('(2 2)')), 'its shape (2 2) is not a list of sizes'],
    ['a size left out', npy(dict('(2,,2)')), 'its shape (2,,2) is not a list of sizes'],
    ['a size over 2^53', npy(dict('(9007199254740993, 1)')), 'its shape (9007199254740993, 1) is not a list of sizes'],
    [
      'sizes that overflow together',
      npy(dict('(4294967296, 4294967296)')),
      'its shape (4294967296, 4294967296) is not a list of sizes',
    ],
    [
      'sizes over 2^53 times none',
      npy(dict('(0, 99999999999999999999)')),
      'its shape (0, 99999999999999999999) is not a list of sizes',
    ],
    ['whole numbers', npy(dict('(2, 2)', '<i4'), FLOAT32_PAYLOAD), 'its values are <i4, not float32 or float64'],
    ['big-endian floats', npy(dict('(2, 2)', '>f4'), FLOAT32_PAYLOAD), 'its values are >f4, not float32 or float64'],
    ['a pickle', npy(dict('(2, 2)', '|O'), FLOAT32_PAYLOAD), 'its values are |O, not float32 or float64'],
    [
      'columns first',
      npy(dict('(2, 2)', '<f4', 'True'), FLOAT32_PAYLOAD),
      'its values are stored column by column (Fortran order)',
    ],
    ['one dimension', npy(dict('(4,)'), FLOAT32_PAYLOAD), 'its shape (4) is not (examples, dimension)'],
    ['three dimensions', npy(dict('(1, 2, 2)'), FLOAT32_PAYLOAD), 'its shape (1, 2, 2) is not (examples, dimension)'],
    ['an end inside the values', good.subarray(0, -1), 'it holds 15 bytes of values where its shape needs 16'],
    ['a byte too many', Buffer.concat([good, Buffer.alloc(1)]), 'it holds 17 bytes of values where its shape needs 16'],
    [
      'far more rows than bytes',
      npy(dict('(1000000000, 512)'), FLOAT32_PAYLOAD),
      'it holds 16 bytes of values where its shape needs 2048000000000',
    ],
  ];

  it.each(cases)('refuses %s', (_, bytes, message) => {
    let error: unknown;
    try {
      readFloatMatrix(bytes);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(RostroError);
    expect(error).toMatchObject({ code: 'bad_model_file', message: `not a usable .npy file: ${message}` });
  });

  it('refuses every shortened file', () => {
    for (let length = 0; length < good.length; length++) {
      expect(() => readFloatMatrix(good.subarray(0, length))).toThrow(RostroError);
    }
  });
});

describe('writing a float matrix', () => {
  it('writes the bytes that NEP 1 asks for', () => {
    const written = writeFloatMatrix(Float32Array.of(1, -2, 0.5, 3), 2, 2);
    expect(Buffer.from(written).equals(npy(dict('(2, 2)'), FLOAT32_PAYLOAD))).toBe(true);
    expect(written.length - 16).toBe(128);
  });

  it('refuses values that do not fill the shape', () => {
    expect(() => writeFloatMatrix(new Float32Array(3), 2, 2)).toThrow('3 values do not fill (2, 2)');
  });
});

const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;
const needsNumpy = hasNumpy ? '' : ' (skipped: needs python3 with numpy, which is not here)';

describe.skipIf(!hasNumpy)('numpy itself' + needsNumpy, () => {
  const folder = mkdtempSync(join(tmpdir(), 'rostro-npy-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const python = (...lines: string[]): string =>
    execFileSync('python3', ['-c', ['import numpy as np', ...lines].join('\n')], { cwd: folder, encoding: 'utf8' });

  it('loads what is written', () => {
    writeFileSync(join(folder, 'ours.npy'), writeFloatMatrix(Float32Array.of(1, -2, 0.5, 3, 4, 5), 2, 3));
    const seen = python(`a = np.load('ours.npy')`, `print(a.dtype.str, a.shape, a.tolist())`);
    expect(seen.trim()).toBe('<f4 (2, 3) [[1.0, -2.0, 0.5], [3.0, 4.0, 5.0]]');
  });

  it('writes the same bytes', () => {
    python(`np.save('numpy.npy', np.array([[1, -2, 0.5, 3]], dtype=np.float32))`);
    const ours = writeFloatMatrix(Float32Array.of(1, -2, 0.5, 3), 1, 4);
    expect(Buffer.from(ours).equals(readFileSync(join(folder, 'numpy.npy')))).toBe(true);
  });

  it('writes what is read', () => {
    python(`np.save('double.npy', np.array([[0.1, 2]]))`);
    const { data, rows, columns } = readFloatMatrix(readFileSync(join(folder, 'double.npy')));
    expect([...data, rows, columns]).toEqual([Math.fround(0.1), 2, 1, 2]);
  });
});
