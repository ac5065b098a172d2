import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { searchable } from '../../../src/app/searching.js';
import { auditFolder, auditTrail } from '../../../src/app/stores.js';
import type { AuditTrail } from '../../../src/privacy/audit/trail.js';
import { NearestMatcher } from '../../../src/matching/nearest.js';
import { AuditedGallery } from '../../../src/privacy/audited-gallery.js';
import { finishErasures } from '../../../src/privacy/learned.js';
import { Erasure } from '../../../src/privacy/erasure.js';
import { folderClassifierFile, galleryClassifierFile } from '../../../src/matching/classifiers/classifier-store.js';
import { LearningThread } from '../../../src/matching/classifiers/learning-thread.js';
import { alwaysMatching } from '../../../src/matching/classifiers/matching.js';
import { TrainedMatching } from '../../../src/matching/classifiers/trained-matching.js';
import { asideFrom, graphFolder } from '../../../src/matching/search/saved-graph.js';
import { plainVault } from '../../../src/gallery/sealing/vault.js';
import { openNpyGallery } from '../../../src/gallery/files/open-npy-gallery.js';
import { memoryLogger } from '../../helpers/log.js';
import { matchOf } from '../../helpers/match-of.js';
import {
  contract,
  exampleOf,
  removeTemporaryFolders,
  temporaryFolder,
  vectorOf,
} from '../../helpers/gallery-fixture.js';

const thread = new LearningThread();
let stateDir: string;
let gallery: AuditedGallery;
let trail: AuditTrail;
let classifier: string;
beforeEach(async () => {
  const dataDir = temporaryFolder();
  stateDir = join(dataDir, '.state');
  trail = auditTrail(stateDir, true);
  gallery = new AuditedGallery((await openNpyGallery({ dataDir, contract })).gallery, trail);
  classifier = galleryClassifierFile(stateDir);
  for (const [i, name] of ['Ada', 'Grace', 'Hedy', 'Joan'].entries()) {
    for (const shift of [0, 0.01, 0.02]) await gallery.add(name, exampleOf(1.5 * i + shift));
  }
});
afterEach(() => trail.log?.close());
afterAll(async () => {
  await thread.close();
  removeTemporaryFolders();
});

const openTrained = (train: LearningThread['train'] = (...args) => thread.train(...args)) =>
  TrainedMatching.open({
    options: { kind: 'svm', kernel: 'rbf', far: 0.2 },
    ...{ gallery, contract, stateDir, vault: plainVault, log: memoryLogger() },
    thread: { train },
    nearest: new NearestMatcher(searchable(gallery)),
  });
const start = () => finishErasures({ gallery, trail, stateDir, vault: plainVault, auditFolder: auditFolder(stateDir) });
const inState = () =>
  readdirSync(stateDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');

describe('erasing somebody whom a classifier knows', () => {
  it('discards it before the answer, and what is learned anew does not know them', async () => {
    const matching = await openTrained();
    await matching.settled();
    expect(readFileSync(classifier, 'utf8')).toContain('Grace');
    const { receipt } = await new Erasure({ gallery, matching, stateDir, vault: plainVault }).person('Grace');
    expect(receipt).toMatchObject({ classifier: 'retraining', crops: 3, elsewhere: [] });
    expect(inState()).not.toContain('Grace');
    expect((await matchOf(matching.current(), vectorOf(1.5), 1.1)).name).not.toBe('Grace');
    await matching.settled();
    expect(readFileSync(classifier, 'utf8')).toContain('Hedy');
    expect(inState()).not.toContain('Grace');
    await matching.close();
  });

  it('discards it also where whoever tells of people cannot forget the name', async () => {
    const trained = await openTrained();
    await trained.settled();
    await trained.close();
    const told = { keepNames: () => Promise.reject(new Error('the disk is full')) };
    const erasure = new Erasure({ gallery, matching: { learns: false }, stateDir, vault: plainVault, told });
    await expect(erasure.person('Grace')).rejects.toThrow('the disk is full');
    expect(inState()).not.toContain('Grace');
  });

  it('leaves no file behind when it comes amid a training', async () => {
    let trainings = 0;
    const matching = await openTrained(async (...args) => {
      const training = await thread.train(...args);
      if (trainings++ === 0) {
        await new Erasure({ gallery, matching: { learns: true }, stateDir, vault: plainVault }).person('Grace');
      } else expect(existsSync(classifier)).toBe(false);
      return training;
    });
    await matching.settled();
    expect(trainings).toBe(2);
    expect(inState()).not.toContain('Grace');
    await matching.close();
  });

  it('discards one of an earlier run although nothing learns now', async () => {
    const matching = await openTrained();
    await matching.settled();
    await matching.close();
    const plain = alwaysMatching(new NearestMatcher(searchable(gallery)));
    const erasure = new Erasure({ gallery, matching: plain, stateDir, vault: plainVault });
    const [{ id }] = gallery.person('Hedy').examples;
    expect(await erasure.example('Hedy', id)).toMatchObject({ classifier: 'discarded', examples: [id] });
    expect(existsSync(classifier)).toBe(false);
    expect((await erasure.person('Grace')).receipt.classifier).toBe('none');
  });

  it('takes the saved search index along, and what is being written of it', async () => {
    const graph = graphFolder(stateDir);
    for (const folder of [graph, asideFrom(graph)]) {
      mkdirSync(folder);
      writeFileSync(join(folder, 'graph.usearch'), 'faces');
    }
    await new Erasure({ gallery, matching: { learns: false }, stateDir, vault: plainVault }).person('Grace');
    expect(inState()).not.toContain('faces');
  });

  it('names a file of other photos with somebody of that name, and leaves it', async () => {
    const samples = { names: ['Ada'], person: [0], matrix: '', dimension: 0 };
    writeFileSync(folderClassifierFile(stateDir), JSON.stringify({ trainedOn: { samples } }));
    const erasure = new Erasure({ gallery, matching: { learns: false }, stateDir, vault: plainVault });
    expect((await erasure.person('Ada')).receipt.elsewhere).toEqual(['.state/folder-classifier.json']);
    expect((await erasure.person('Grace')).receipt.elsewhere).toEqual([]);
  });
});

describe('the start after a stop amid an erasure', () => {
  it('discards a classifier of people who are gone, half-written files, and pseudonyms', async () => {
    const matching = await openTrained();
    await matching.settled();
    await matching.close();
    const stale = readFileSync(classifier);
    await new Erasure({ gallery, matching: { learns: false }, stateDir, vault: plainVault }).person('Grace');
    writeFileSync(classifier, stale);
    writeFileSync(`${classifier}.0b0f1b9e-0000-4000-8000-000000000000.tmp`, stale);
    await trail.subjects.of('Grace');
    expect(inState()).toContain('Grace');
    expect(await start()).toEqual([expect.stringContaining('classifier')]);
    expect(inState()).not.toContain('Grace');
    expect(await trail.subjects.find('Ada')).not.toBeNull();
  });

  it('keeps a classifier of people who are all there', async () => {
    const matching = await openTrained();
    await matching.settled();
    await matching.close();
    await gallery.add('Kay', exampleOf(9));
    expect(await start()).toEqual([]);
    expect(existsSync(classifier)).toBe(true);
  });
});
