import { writeSync } from 'node:fs';
import { readKeys } from '../../src/gallery/sealing/key-file.js';
import { vaultOf } from '../../src/gallery/sealing/vault.js';
import { FileSightings } from '../../src/history/files/file-sightings.js';
import { systemCode } from '../../src/shared/files.js';
import { newSightingId, newStrangerId, STRANGER_MARKS, type StrangerMark } from '../../src/history/sighting.js';
import { changeOf, daysAfter, faceOf, sightingOf } from '../../test/helpers/sightings.js';

/** A change as it goes over the pipe: told before it begins, and acknowledged by `done`. */
export type HistoryChange =
  | { readonly kind: 'add'; readonly id: string; readonly person: string | null; readonly piece: string }
  /** An empty piece: the crop is erased. */
  | { readonly kind: 'update'; readonly id: string; readonly looks: number; readonly piece: string }
  /** Naming a stranger, and taking the name back. */
  | { readonly kind: 'assign'; readonly id: string; readonly person: string | null }
  | PlaceChange
  | { readonly kind: 'erase'; readonly person: string }
  | { readonly kind: 'rename'; readonly person: string; readonly to: string }
  | { readonly kind: 'remove'; readonly id: string };

/** Making, merging, splitting and hiding strangers. */
export interface PlaceChange {
  readonly kind: 'place';
  readonly ids: readonly string[];
  readonly stranger: string;
  readonly mark: StrangerMark | null;
}

const KINDS = [
  'add',
  'add',
  'add',
  'update',
  'update',
  'erase',
  'rename',
  'remove',
  'assign',
  'place',
  'place',
] as const;

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
    const kind = stored.length < 3 ? 'add' : pick(KINDS);
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
      const hasCrop = Math.random() < 0.8;
      const change = { kind, id, looks, piece: hasCrop ? piece : '' };
      await tell(change, store.update(id, changeOf(sightingOf({ looks })), hasCrop ? face : { ...face, crop: null }));
    } else if (kind === 'assign') {
      const { id } = pick(stored);
      const named = Math.random() < 0.7 ? person : null;
      await tell(
        { kind, id, person: named },
        store.assign(id, named, () => true),
      );
    } else if (kind === 'place') {
      const one = pick(stored);
      const same = one.stranger === null ? [one] : stored.filter(({ stranger }) => stranger === one.stranger);
      const ids = same.map(({ id }) => id);
      const stranger = (Math.random() < 0.7 ? pick(stored).stranger : null) ?? newStrangerId();
      const mark = pick([null, ...STRANGER_MARKS]);
      await tell({ kind, ids, stranger, mark }, store.place(ids, stranger, mark));
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
