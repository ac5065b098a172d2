import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeCore } from '../src/app/core.js';
import { readConfig } from '../src/app/config.js';
import { recogniseEightPeople } from '../test/helpers/eight-people.js';
import { sharedPath } from '../test/helpers/shared.js';

/**
 * Eight people, five tight crops each: one enrolled, four to recognise, with all pairs of detector and embedder.
 *
 *   npx tsx bench/people.ts
 */
const rows = [];
for (const DETECTOR of ['mtcnn', 'ssd', 'haar']) {
  for (const EMBEDDER of ['facenet', 'face-api']) {
    const dataDir = await mkdtemp(join(tmpdir(), 'rostro-bench-'));
    for (const path of ['model', 'npy', 'haarcascade_frontalface_default.xml']) {
      await cp(sharedPath('models', path), join(dataDir, path), { recursive: true });
    }
    const core = await composeCore(readConfig({ DETECTOR, EMBEDDER, ROSTRO_DATA: dataDir }));
    const { photos, right, wrong, unknown, noFace } = await recogniseEightPeople(core);
    const counts = { wrong: wrong.length, unknown: unknown.length, noFace: noFace.length };
    rows.push({ detector: DETECTOR, embedder: core.recognition.model.embedder, photos, right, ...counts });
    await core.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}
console.table(rows);
console.log(JSON.stringify({ bench: 'people', rows }));
