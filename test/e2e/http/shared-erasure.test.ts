import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  galleryClassifierFile,
  emptySamples,
  saveClassifier,
  trainedPeople,
} from '../../../src/matching/classifiers/classifier-store.js';
import { plainVault } from '../../../src/gallery/sealing/vault.js';
import { hasPostgres, needsPostgres, startPostgres, type TestPostgres } from '../../helpers/postgres.js';
import { startServer } from '../../helpers/server.js';
import { exampleOf } from '../../helpers/gallery-fixture.js';

describe.skipIf(!hasPostgres)(`erasing at one of two servers${needsPostgres}`, () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  it('discards what the other has learnt of the person', async () => {
    const settings = {
      DATABASE_URL: await postgres.newDatabase(),
      EMBEDDER: 'face-api',
      DETECTOR: 'ssd',
      WORKERS: '1',
    };
    const [one, other] = [await startServer(settings), await startServer(settings)];
    try {
      const row = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i) / 8);
      for (const name of ['Ada', 'Eve']) await one.core.gallery.add(name, { ...exampleOf(1), embedding: row });
      await expect.poll(() => other.core.gallery.people().length).toBe(2);
      const stateDir = join(other.dataDir, '.state');
      const trainedOn = { people: trainedPeople(other.core.gallery.people()) };
      const contract = other.core.recognition.model.embedder;
      const made = { version: 1, contract, trainedAt: new Date().toISOString() } as const;
      const options = { kind: 'centroid', kernel: 'rbf', far: 0.01 } as const;
      const sigmoid = { slope: 1, offset: 0 };
      const decision = { cutOff: 1, sigmoid, far: 0.01, strangers: 0, strangersNamed: 0, farAtMost: 1 };
      await saveClassifier(
        galleryClassifierFile(stateDir),
        { ...made, options, trainedOn, strangers: emptySamples(128), state: { kind: 'centroid' }, decision },
        plainVault,
      );
      await one.core.gallery.add('Ada', { ...exampleOf(1), embedding: row });
      await expect.poll(() => other.core.gallery.person('Ada').examples.length).toBe(2);
      expect(existsSync(galleryClassifierFile(stateDir))).toBe(true);
      await one.core.erasure.person('Ada');
      await expect.poll(() => existsSync(galleryClassifierFile(stateDir))).toBe(false);
    } finally {
      await one.close();
      await other.close();
    }
  });

  it('lets a key undo at the second server what it enrolled at the first one', async () => {
    const settings = {
      DATABASE_URL: await postgres.newDatabase(),
      EMBEDDER: 'face-api',
      DETECTOR: 'ssd',
      WORKERS: '1',
    };
    const [one, other] = [await startServer(settings), await startServer(settings)];
    try {
      await one.core.gallery.add('Ada', { ...exampleOf(1), embedding: new Float32Array(128) });
      const { details } = exampleOf(2);
      const example = { ...exampleOf(2), embedding: new Float32Array(128), details: { ...details, addedBy: 'k1' } };
      const added = await one.core.gallery.add('Ada', example);
      await expect.poll(() => other.core.gallery.people()[0]?.examples.length).toBe(2);
      const [first] = other.core.gallery.person('Ada').examples;
      await expect(other.core.erasure.example('Ada', first.id, 'k1')).rejects.toMatchObject({ code: 'forbidden' });
      await other.core.erasure.example('Ada', added.example.id, 'k1');
      await expect.poll(() => one.core.gallery.person('Ada').examples.length).toBe(1);
    } finally {
      await one.close();
      await other.close();
    }
  });
});
