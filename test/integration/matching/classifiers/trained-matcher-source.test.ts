import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { searchable } from '../../../../src/app/matching.js';
import { NearestMatcher } from '../../../../src/matching/nearest.js';
import { galleryClassifierFile } from '../../../../src/matching/classifiers/classifier-store.js';
import { TrainingThread } from '../../../../src/matching/classifiers/training-thread.js';
import { TrainedMatcherSource } from '../../../../src/matching/classifiers/trained-matcher-source.js';
import type { Gallery, NewExample } from '../../../../src/gallery/gallery.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import { sealingKey } from '../../../../src/gallery/sealing/sealed.js';
import { plainVault, vaultOf } from '../../../../src/gallery/sealing/vault.js';
import { memoryLogger } from '../../../helpers/log.js';
import { matchOf } from '../../../helpers/match-of.js';
import { contract, removeTemporaryFolders, temporaryFolder } from '../../../helpers/gallery-fixture.js';

const thread = new TrainingThread();
afterAll(async () => {
  await thread.close();
  removeTemporaryFolders();
});

const AXES = { Ada: 0, Grace: 1, Hedy: 2, Joan: 3 } as const;
type Name = keyof typeof AXES;

/** Near the person's own axis; `number` tells their photos apart. */
function face(name: Name, number: number): Float32Array {
  return Float32Array.from({ length: 4 }, (_, d) => (d === AXES[name] ? 1 : 0.05 * Math.sin(number + 3 * d)));
}

const example = (embedding: Float32Array): NewExample => ({
  embedding,
  crop: Buffer.from('crop'),
  details: { confidence: 1, boxInCrop: { x: 0, y: 0, width: 1, height: 1 } },
});

let dataDir: string;
let gallery: Gallery;
let logged: string[];

async function enrol(name: string, ...faces: Float32Array[]): Promise<void> {
  for (const embedding of faces) await gallery.add(name, example(embedding));
}

const open = (
  train: TrainingThread['train'] = (...args) => thread.train(...args),
  kind: 'svm' | 'knn' = 'svm',
  vault = plainVault,
) =>
  TrainedMatcherSource.open({
    options: { kind, kernel: 'rbf', far: 0.2 },
    gallery,
    contract,
    stateDir: join(dataDir, '.state'),
    vault,
    thread: { train },
    nearest: new NearestMatcher(searchable(gallery)),
    log: memoryLogger(logged),
  });
const nameOf = async (matching: TrainedMatcherSource, embedding: Float32Array) =>
  (await matchOf(matching.current(), embedding, 1)).name;
const saved = () => readFileSync(galleryClassifierFile(join(dataDir, '.state')), 'utf8');

beforeEach(async () => {
  dataDir = temporaryFolder();
  logged = [];
  ({ gallery } = await openNpyGallery({ dataDir, contract }));
  for (const name of ['Ada', 'Grace', 'Hedy'] as const) await enrol(name, face(name, 1), face(name, 2), face(name, 3));
});

describe('a trained matcher', () => {
  it.each(['svm', 'knn'] as const)('%s: the nearest example is used until it is trained, and says so', async (kind) => {
    const matching = await open(undefined, kind);
    expect(matching.current().id).toBe('nearest');
    expect(matching.note).toBe(`the ${kind} classifier is being trained`);
    await matching.ready();
    expect(matching.current().id).toBe(kind);
    expect(matching.note).toBeNull();
    const match = await matchOf(matching.current(), face('Grace', 9), 1);
    expect(match).toMatchObject({ name: 'Grace', nearest: 'Grace' });
    expect(match.probability).toBeGreaterThan(0.5);
    expect(match.distance).toBeLessThan(0.2);
    expect(await matchOf(matching.current(), face('Joan', 1), 2)).toMatchObject({ name: null });
    await matching.close();
  });

  it('keeps no embedding in its file, only which examples count how much', async () => {
    const matching = await open();
    await matching.ready();
    await matching.close();
    const file = JSON.parse(saved()) as Record<string, unknown>;
    expect(file).toMatchObject({ version: 1, contract: contract.id, options: { kind: 'svm' } });
    const people = gallery.people().map(({ name, examples }) => ({ name, examples: examples.map(({ id }) => id) }));
    expect(file.trainedOn).toEqual({ people });
    expect(saved()).not.toContain(String(Math.fround(face('Ada', 1)[1])));
    expect(saved()).not.toContain(Buffer.from(face('Ada', 1).buffer).toString('base64').slice(0, 16));
  });

  it('is encrypted where the gallery is, and taken up again with the key alone', async () => {
    const vault = vaultOf([sealingKey(Buffer.alloc(32, 1))]);
    const first = await open(undefined, 'svm', vault);
    await first.ready();
    await first.close();
    expect(
      readFileSync(galleryClassifierFile(join(dataDir, '.state')))
        .subarray(0, 5)
        .toString(),
    ).toBe('RSEAL');
    expect(saved()).not.toContain('Ada');
    const second = await open(() => Promise.reject(new Error('must not be trained')), 'svm', vault);
    expect(second.current().id).toBe('svm');
    await second.close();
    const without = await open();
    expect(without.current().id).toBe('nearest');
    await without.ready();
    await without.close();
  });

  it('is trained anew when the gallery changes; the old one answers meanwhile', async () => {
    let release = () => {};
    let trainings = 0;
    const matching = await open(async (...args) => {
      trainings++;
      if (trainings === 2) await new Promise<void>((resolve) => (release = resolve));
      return thread.train(...args);
    });
    await matching.ready();
    await enrol('Joan', face('Joan', 1), face('Joan', 2));
    expect(matching.current().id).toBe('svm');
    expect([await nameOf(matching, face('Ada', 9)), await nameOf(matching, face('Joan', 9))]).toEqual(['Ada', null]);
    await until(() => trainings === 2);
    expect(await nameOf(matching, face('Ada', 9))).toBe('Ada');
    release();
    await matching.ready();
    expect([await nameOf(matching, face('Ada', 9)), await nameOf(matching, face('Joan', 9))]).toEqual(['Ada', 'Joan']);
    await matching.close();
  });

  it('never names who is gone, not for a moment, nor who came under their name', async () => {
    const matching = await open();
    await matching.ready();
    await gallery.removePerson('Ada');
    expect(matching.current().id).toBe('svm');
    expect(await matchOf(matching.current(), face('Ada', 9), 1)).toMatchObject({ name: null, probability: 0 });
    await enrol('Ada', face('Joan', 1), face('Joan', 2));
    expect(await nameOf(matching, face('Ada', 9))).toBeNull();
    await matching.ready();
    expect(saved()).toContain('Ada');
    expect(await nameOf(matching, face('Joan', 9))).toBe('Ada');
    await matching.close();
  });

  it('takes up what was saved, without training, where the gallery is as it was', async () => {
    const first = await open();
    await first.ready();
    await first.close();
    const second = await open(() => Promise.reject(new Error('must not be trained')));
    expect(second.current().id).toBe('svm');
    await second.ready();
    expect(await nameOf(second, face('Hedy', 9))).toBe('Hedy');
    await second.close();
    expect(logged).toEqual([]);
  });

  it.each([
    [
      'of another gallery',
      async () => gallery.removePerson('Hedy').then(() => enrol('Joan', face('Joan', 1), face('Joan', 2))),
    ],
    ['of another embedder', () => writeFileSync(file(), saved().replace(contract.id, 'other'))],
    ['with other options', () => writeFileSync(file(), saved().replace('"far":0.2', '"far":0.1'))],
    ['cut short', () => writeFileSync(file(), saved().slice(0, 200))],
    ['with rows that are not there', () => writeFileSync(file(), saved().replace(/"rows":\[\d+/, '"rows":[999'))],
    ['with a person too few', () => writeFileSync(file(), saved().replace(/,\{"name":"Hedy".*?\]\}/, ''))],
    ['that is no JSON of ours', () => writeFileSync(file(), '[1, 2, 3]')],
  ] as const)('does not use a saved one %s', async (_, spoil) => {
    const first = await open();
    await first.ready();
    await first.close();
    await spoil();
    const second = await open();
    expect(second.current().id).toBe('nearest');
    await second.ready();
    expect(second.current().id).toBe('svm');
    expect(await nameOf(second, face('Ada', 9))).toBe('Ada');
    await second.close();
  });
});

const file = () => galleryClassifierFile(join(dataDir, '.state'));

describe('where none can be trained the nearest example is used, and the reason is told', () => {
  it('fewer than two people, after there were more', async () => {
    const matching = await open();
    await matching.ready();
    await gallery.removePerson('Ada');
    await gallery.removePerson('Grace');
    await matching.ready();
    expect(matching.current().id).toBe('nearest');
    expect(matching.note).toBe('a classifier needs at least two people, and there is one; the nearest example is used');
    expect(await nameOf(matching, face('Hedy', 9))).toBe('Hedy');
    await matching.close();
  });

  it('one example a person', async () => {
    for (const { name, examples } of gallery.people()) {
      for (const { id } of examples.slice(1)) await gallery.removeExample(name, id);
    }
    const matching = await open();
    await matching.ready();
    expect(matching.note).toBe('a classifier needs two examples of at least one person; the nearest example is used');
    expect(await nameOf(matching, face('Grace', 9))).toBe('Grace');
    await matching.close();
  });

  it('a training that fails: once, until the gallery changes again', async () => {
    let trainings = 0;
    const matching = await open((...args) => {
      trainings++;
      return trainings === 1 ? Promise.reject(new Error('no memory')) : thread.train(...args);
    });
    await matching.ready();
    await matching.ready();
    expect(trainings).toBe(1);
    expect(logged.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 'warn', reason: 'no memory', msg: 'the svm classifier could not be trained or saved' },
    ]);
    expect(matching.note).toBe('the svm classifier could not be trained; the nearest example is used');
    await enrol('Ada', face('Ada', 4));
    await matching.ready();
    expect(matching.current().id).toBe('svm');
    await matching.close();
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
