import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { searchable } from '../../../src/app/matching.js';
import { auditFolder, auditTrail } from '../../../src/app/state-stores.js';
import type { AuditTrail } from '../../../src/privacy/audit/trail.js';
import { NearestMatcher } from '../../../src/matching/nearest.js';
import { AuditedGallery } from '../../../src/privacy/audited-gallery.js';
import { Erasure, finishErasures } from '../../../src/privacy/erasure.js';
import { folderClassifierFile, galleryClassifierFile } from '../../../src/matching/classifiers/classifier-store.js';
import { TrainingThread } from '../../../src/matching/classifiers/training-thread.js';
import { fixedMatcherSource } from '../../../src/matching/matcher.js';
import { TrainedMatcherSource } from '../../../src/matching/classifiers/trained-matcher-source.js';
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

const thread = new TrainingThread();
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

const openTrained = (train: TrainingThread['train'] = (...args) => thread.train(...args)) =>
  TrainedMatcherSource.open({
    options: { kind: 'svm', kernel: 'rbf', far: 0.2 },
    gallery,
    contract,
    stateDir,
    vault: plainVault,
    log: memoryLogger(),
    thread: { train },
    nearest: new NearestMatcher(searchable(gallery)),
  });
const start = () => finishErasures({ gallery, trail, stateDir, vault: plainVault, auditFolder: auditFolder(stateDir) });
const inState = () =>
  readdirSync(stateDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');

describe('erasing a person whom a classifier was trained on', () => {
  it('deletes the classifier before the response, and the new one does not contain the person', async () => {
    const matching = await openTrained();
    await matching.ready();
    expect(readFileSync(classifier, 'utf8')).toContain('Grace');
    const { receipt } = await new Erasure({ gallery, matching, stateDir, vault: plainVault }).person('Grace');
    expect(receipt).toMatchObject({ classifier: 'retraining', crops: 3, elsewhere: [] });
    expect(inState()).not.toContain('Grace');
    expect((await matchOf(matching.current(), vectorOf(1.5), 1.1)).name).not.toBe('Grace');
    await matching.ready();
    expect(readFileSync(classifier, 'utf8')).toContain('Hedy');
    expect(inState()).not.toContain('Grace');
    await matching.close();
  });

  it('deletes the classifier also if the redaction of names fails', async () => {
    const trained = await openTrained();
    await trained.ready();
    await trained.close();
    const redactor = { redactNames: () => Promise.reject(new Error('the disk is full')) };
    const erasure = new Erasure({ gallery, matching: { retrains: false }, stateDir, vault: plainVault, redactor });
    await expect(erasure.person('Grace')).rejects.toThrow('the disk is full');
    expect(inState()).not.toContain('Grace');
  });

  it('leaves no file behind during a training', async () => {
    let trainings = 0;
    const matching = await openTrained(async (...args) => {
      const training = await thread.train(...args);
      if (trainings++ === 0) {
        await new Erasure({ gallery, matching: { retrains: true }, stateDir, vault: plainVault }).person('Grace');
      } else expect(existsSync(classifier)).toBe(false);
      return training;
    });
    await matching.ready();
    expect(trainings).toBe(2);
    expect(inState()).not.toContain('Grace');
    await matching.close();
  });

  it('deletes a classifier of an earlier run although no matcher trains now', async () => {
    const matching = await openTrained();
    await matching.ready();
    await matching.close();
    const plain = fixedMatcherSource(new NearestMatcher(searchable(gallery)));
    const erasure = new Erasure({ gallery, matching: plain, stateDir, vault: plainVault });
    const [{ id }] = gallery.person('Hedy').examples;
    expect(await erasure.example('Hedy', id)).toMatchObject({ classifier: 'discarded', examples: [id] });
    expect(existsSync(classifier)).toBe(false);
    expect((await erasure.person('Grace')).receipt.classifier).toBe('none');
  });

  it('deletes the search index that an earlier version saved', async () => {
    mkdirSync(join(stateDir, 'search'));
    writeFileSync(join(stateDir, 'search', 'graph.usearch'), 'faces');
    await new Erasure({ gallery, matching: { retrains: false }, stateDir, vault: plainVault }).person('Grace');
    expect(inState()).not.toContain('faces');
  });

  it('names a classifier of other photos with a person of that name, and keeps it', async () => {
    const samples = { names: ['Ada'], person: [0], matrix: '', dimension: 0 };
    writeFileSync(folderClassifierFile(stateDir), JSON.stringify({ trainedOn: { samples } }));
    const erasure = new Erasure({ gallery, matching: { retrains: false }, stateDir, vault: plainVault });
    expect((await erasure.person('Ada')).receipt.elsewhere).toEqual(['.state/folder-classifier.json']);
    expect((await erasure.person('Grace')).receipt.elsewhere).toEqual([]);
  });
});

describe('the start after an interrupted erasure', () => {
  it('deletes an outdated classifier, incomplete files, and pseudonyms', async () => {
    const matching = await openTrained();
    await matching.ready();
    await matching.close();
    const stale = readFileSync(classifier);
    await new Erasure({ gallery, matching: { retrains: false }, stateDir, vault: plainVault }).person('Grace');
    writeFileSync(classifier, stale);
    writeFileSync(`${classifier}.0b0f1b9e-0000-4000-8000-000000000000.tmp`, stale);
    await trail.pseudonyms.getOrCreate('Grace');
    expect(inState()).toContain('Grace');
    expect(await start()).toEqual([expect.stringContaining('classifier')]);
    expect(inState()).not.toContain('Grace');
    expect(await trail.pseudonyms.find('Ada')).not.toBeNull();
  });

  it('keeps a current classifier', async () => {
    const matching = await openTrained();
    await matching.ready();
    await matching.close();
    await gallery.add('Kay', exampleOf(9));
    expect(await start()).toEqual([]);
    expect(existsSync(classifier)).toBe(true);
  });
});
