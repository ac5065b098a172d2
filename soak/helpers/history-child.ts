import { writeSync } from 'node:fs';
import { readKeys } from '../../src/gallery/sealing/key-file.js';
import { vaultOf } from '../../src/gallery/sealing/vault.js';
import { FileSightings } from '../../src/history/files/file-sightings.js';
import { systemCode } from '../../src/shared/files.js';
import { newSightingId } from '../../src/history/sighting.js';
import { changeOf, daysAfter, faceOf, sightingOf } from '../../test/helpers/sightings.js';

/** A change as it goes over the pipe: told before it begins, and acknowledged by `done`. */
export type HistoryChange =
  | { readonly kind: 'add'; readonly id: string; readonly person: string | null; readonly piece: string }
  | { readonly kind: 'update'; readonly id: string; readonly looks: number; readonly piece: string }
  | { readonly kind: 'erase'; readonly person: string }
  | { readonly kind: 'rename'; readonly person: string; readonly to: string }
  | { readonly kind: 'remove'; readonly id: string };

const [PEOPLE, DAYS] = [8, 4];
const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)];

/** A pipe that nobody has read yet takes no more for a moment. */
function say(text: string): void {
  for (;;) {
    try {
      writeSync(1, text);
      return;
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN') throw error;
    }
  }
}

/** Changes the history without end: `history-child STATE_DIR KEY_FILES`. */
async function main(stateDir: string, keyFiles: readonly string[]): Promise<void> {
  const store = new FileSightings(stateDir, vaultOf(await readKeys(keyFiles)));
  const tell = async (change: HistoryChange, work: Promise<unknown>) => {
    say(`${JSON.stringify(change)}\n`);
    await work;
    say('done\n');
  };
  for (let number = 1; ; number++) {
    const stored = await store.list({}, { limit: 200 });
    const kind =
      stored.length < 3 ? 'add' : pick(['add', 'add', 'add', 'update', 'update', 'erase', 'rename', 'remove']);
    const face = faceOf();
    const piece = Buffer.from(face.crop).toString('hex', 0, 12);
    const person = `Person ${Math.floor(Math.random() * PEOPLE)}`;
    if (kind === 'add') {
      const named = Math.random() < 0.7 ? person : null;
      const sighting = sightingOf({ id: newSightingId(daysAfter(Math.random() * DAYS)), person: named });
      await tell(
        { kind, id: sighting.id, person: named, piece },
        store.add(sighting, face, () => true),
      );
    } else if (kind === 'update') {
      const { id } = pick(stored);
      const looks = 10 + number;
      await tell({ kind, id, looks, piece }, store.update(id, changeOf(sightingOf({ looks })), face));
    } else if (kind === 'erase') {
      await tell(
        { kind, person },
        store.erasing(person, () => Promise.resolve()),
      );
    } else if (kind === 'rename') {
      const to = `Person ${Math.floor(Math.random() * PEOPLE)}`;
      await tell(
        { kind, person, to },
        store.renaming(person, to, () => Promise.resolve()),
      );
    } else {
      const { id } = pick(stored);
      await tell({ kind: 'remove', id }, store.removeOne(id));
    }
  }
}

if (process.argv[1].endsWith('history-child.ts')) await main(process.argv[2], process.argv.slice(3));
