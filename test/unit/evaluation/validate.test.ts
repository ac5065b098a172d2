import { appendFile, mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type EmbeddedPair,
  formPairs,
  locatePhotos,
  parsePairs,
  assertNoneMissing,
} from '../../../src/evaluation/pairs.js';
import { EmbeddingCache } from '../../../src/evaluation/embed-photos.js';
import { stampOf } from '../../../src/evaluation/dataset.js';
import { validatePairs } from '../../../src/evaluation/validate.js';

const box = { x: 1, y: 2, width: 3, height: 4 };
const vector = (...values: number[]) => Float32Array.from(values);

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rostro-validate-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Pairs at the given distances on a line; genuine below the middle. */
function formed(fold: number, genuine: number[], impostor: number[]): EmbeddedPair[] {
  const pair = (same: boolean) => (distance: number, i: number) => ({
    a: { person: 'Ada', number: i },
    b: { person: same ? 'Ada' : 'Bo', number: i },
    same,
    fold,
    first: { path: 'a', box, vector: vector(3, 0) },
    second: { path: 'b', box, vector: vector(3 + distance, 0) },
  });
  return [...genuine.map(pair(true)), ...impostor.map(pair(false))];
}

describe('validatePairs', () => {
  const pairs = [...formed(0, [0.125, 0.5], [0.75, 1]), ...formed(1, [0.25, 0.625], [0.5, 0.875])];
  const options = { subtractMean: false, far: 0.1, ownThreshold: 0.7 };

  it('measures pairs whose outcome is worked out by hand', () => {
    const validation = validatePairs(pairs, options);
    // Fold 0 is tested at the best threshold of fold 1, between 0.25 and 0.5; fold 1 at that of fold 0, 0.5 to 0.75.
    expect(validation.folds.map(({ threshold, accuracy }) => [threshold, accuracy])).toEqual([
      [0.375, 0.75],
      [0.625, 0.75],
    ]);
    expect(validation).toMatchObject({ genuine: 4, impostors: 4, accuracy: { mean: 0.75, deviation: 0 } });
    expect(validation.atOwnThreshold).toEqual({ threshold: 0.7, accuracy: 0.875, far: 0.25, frr: 0 });
    // Of 16 couples the impostor at 0.5 is nearer than the genuine at 0.625, and as near as that at 0.5.
    expect(validation.auc).toBeCloseTo(14.5 / 16, 12);
    expect(validation.histogram.genuine.reduce((a, b) => a + b)).toBe(4);
  });

  it('lists the worst pairs of each kind, worst first, and whether they were decided wrongly', () => {
    const { worst } = validatePairs(pairs, options);
    expect(worst.impostors.map(({ distance, wrong }) => [distance, wrong])).toEqual([
      [0.5, true],
      [0.75, false],
      [0.875, false],
      [1, false],
    ]);
    expect(worst.genuine.map(({ distance, wrong }) => [distance, wrong])).toEqual([
      [0.625, false],
      [0.5, true],
      [0.25, false],
      [0.125, false],
    ]);
  });

  it('subtracts the mean of the other folds and brings the rest to unit length', () => {
    const pair = (fold: number, same: boolean, first: Float32Array, second: Float32Array): EmbeddedPair => ({
      ...formed(fold, same ? [1] : [], same ? [] : [1])[0],
      first: { path: 'a', box, vector: first },
      second: { path: 'b', box, vector: second },
    });
    // The mean of fold 1 is (5, 5): seen from there (6, 5) and (9, 5) lie in one direction, (6, 5) and (5, 9) do not.
    const shifted = [
      pair(0, true, vector(6, 5), vector(9, 5)),
      pair(0, false, vector(6, 5), vector(5, 9)),
      pair(1, true, vector(6, 5), vector(6, 5)),
      pair(1, false, vector(4, 4), vector(4, 6)),
    ];
    const validation = validatePairs(shifted, { ...options, subtractMean: true });
    const distances = [...validation.worst.impostors, ...validation.worst.genuine];
    expect(distances.find(({ pair: { fold, same } }) => fold === 0 && same)!.distance).toBe(0);
    const apart = distances.find(({ pair: { fold, same } }) => fold === 0 && !same)!;
    expect(apart.distance).toBeCloseTo(Math.SQRT2, 6);
    expect(validation.atOwnThreshold).toBeNull();
  });

  it.each([
    ['one fold', formed(0, [0.1], [0.9])],
    ['one kind', [...formed(0, [0.1], []), ...formed(1, [0.1], [])]],
  ])('needs more than %s', (_, few) => {
    expect(() => validatePairs(few, options)).toThrow(
      'A validation needs genuine and impostor pairs in at least two folds.',
    );
  });
});

describe('pairs of photos on the disk', () => {
  const pairs = parsePairs('2 1\nAda 1 2\nAda 1 Bo 1\nBo 1 12\nAda 2 Bo 12');

  it('finds photos whatever their format, forms the pairs it can, and counts the others', async () => {
    for (const name of ['Ada', 'Bo']) await mkdir(join(dir, name));
    for (const name of ['Ada/Ada_0001.png', 'Ada/Ada_0002.JPG', 'Ada/Ada_0002.jpeg', 'Bo/Bo_0012.webp']) {
      await writeFile(join(dir, name), '');
    }
    const files = await locatePhotos(pairs, dir);
    expect([...files]).toEqual([
      ['Ada 1', join(dir, 'Ada', 'Ada_0001.png')],
      ['Ada 2', join(dir, 'Ada', 'Ada_0002.jpeg')],
      ['Bo 1', null],
      ['Bo 12', join(dir, 'Bo', 'Bo_0012.webp')],
    ]);

    const results = new Map([
      [files.get('Ada 1')!, { box, embedding: vector(1, 0), mirrored: vector(0, 1) }],
      [files.get('Ada 2')!, { box, embedding: vector(0, 1), mirrored: vector(0, 1) }],
      [files.get('Bo 12')!, { failure: { code: 'no_face', message: 'No face was found in the photo.' } }],
    ]);
    const { formed: usable, missing } = formPairs(pairs, files, results, null);
    expect(usable).toMatchObject([{ a: pairs[0].a, b: pairs[0].b, same: true, fold: 0 }]);
    expect([...usable[0].first.vector, ...usable[0].second.vector]).toEqual([1, 0, 0, 1]);
    expect(missing).toEqual([
      { photo: 'Bo 1', code: 'no_file', message: 'There is no such file.', pairs: 2 },
      { photo: 'Bo 12', code: 'no_face', message: 'No face was found in the photo.', pairs: 2 },
    ]);
    expect(formPairs(pairs, files, results, 'concat').formed[0].first.vector).toHaveLength(4);

    assertNoneMissing(1, 1, []);
    expect(() => {
      assertNoneMissing(pairs.length, usable.length, missing);
    }).toThrow(
      '3 of 4 pairs cannot be formed (Bo 1: There is no such file. Bo 12: No face was found in the photo.); --allow-missing measures the rest.',
    );
  });
});

describe('EmbeddingCache', () => {
  const madeBy = { contract: 'c1', detector: 'ssd' };
  const found = { box, embedding: vector(0.25, -1.5), mirrored: null };

  async function photo(name: string) {
    const path = join(dir, name);
    await writeFile(path, name);
    return stampOf(path);
  }

  async function reopened<T>(key: object, use: (cache: EmbeddingCache) => T | Promise<T>): Promise<T> {
    const cache = await EmbeddingCache.open(join(dir, 'cache'), key);
    try {
      return await use(cache);
    } finally {
      await cache.close();
    }
  }

  it('keeps embeddings and failures bit for bit from one run to the next', async () => {
    const [a, b, c] = [await photo('a'), await photo('b'), await photo('c')];
    const failure = { code: 'no_face', message: 'No face was found in the photo.' };
    await reopened(madeBy, async (cache) => {
      expect(cache.get(a, false)).toBeNull();
      await Promise.all([cache.put(a, found), cache.put(b, { failure })]);
      await cache.put(c, { ...found, mirrored: vector(7, 8) });
    });
    await reopened(madeBy, (cache) => {
      expect(cache.get(a, false)).toMatchObject(found);
      expect(cache.get(b, true)).toMatchObject({ failure });
      expect(cache.get(c, true)).toMatchObject({ mirrored: vector(7, 8) });
    });
  });

  it('knows nothing of a changed photo, a missing mirror image, or another way of making embeddings', async () => {
    const a = await photo('a');
    await reopened(madeBy, (cache) => cache.put(a, found));
    await reopened(madeBy, (cache) => {
      expect(cache.get(a, true)).toBeNull();
    });
    await reopened({ ...madeBy, contract: 'c2' }, (cache) => {
      expect(cache.get(a, false)).toBeNull();
    });
    await utimes(a.path, new Date(), new Date(1e12));
    const changed = await stampOf(a.path);
    await reopened(madeBy, (cache) => {
      expect(cache.get(changed, false)).toBeNull();
    });
  });

  it('passes over damaged lines and goes on after a line that a kill cut short', async () => {
    const [a, b] = [await photo('a'), await photo('b')];
    await reopened(madeBy, (cache) => cache.put(a, found));
    const [name] = await readdir(join(dir, 'cache', 'embeddings'));
    const file = join(dir, 'cache', 'embeddings', name);
    const line = await readFile(file, 'utf8');
    for (const damaged of ['nonsense', '{}', line.replace(/"embedding":"[^"]+"/, '"embedding":"AAA="').trim()]) {
      await appendFile(file, `${damaged.replace('/a"', '/x"')}\n`);
    }
    await appendFile(file, line.slice(0, 40));
    await reopened(madeBy, (cache) => cache.put(b, found));
    await reopened(madeBy, (cache) => {
      expect(cache.get(a, false)).toMatchObject(found);
      expect(cache.get(b, false)).toMatchObject(found);
    });
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(6);
  });
});
