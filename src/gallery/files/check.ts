import type { EmbedderContract } from '../../faces/embed/embedder.js';
import { RostroError } from '../../shared/errors.js';
import type { Disk } from './disk.js';
import { checkContracts } from './contract-check.js';
import { filesOfPerson, readGalleryFolder } from './open-folder.js';
import { Quarantine } from './quarantine.js';
import type { StoredPerson } from './read-person.js';
import { siftPeople } from './usable-people.js';

/** Someone or something that does not add up, with what was done about it. */
export interface SetAside {
  /** Relative to the data folder, as they lay. */
  readonly files: readonly string[];
  /** A sentence. */
  readonly why: string;
  /** The folder below `.quarantine/` that they lie in now; null where they still lie where they were. */
  readonly to: string | null;
}

/** A data folder after it was looked through. */
export interface CheckedGallery {
  readonly people: readonly StoredPerson[];
  readonly setAside: readonly SetAside[];
  /** Kept photos that are gone; their rows count as before. */
  readonly missingCrops: readonly string[];
  readonly temporaryFiles: readonly string[];
  readonly strangers: readonly string[];
}

export interface CheckOptions {
  readonly disk: Disk;
  readonly dataDir: string;
  readonly contract: EmbedderContract;
  /**
   * What may be moved: `nothing`; `ours`, what only the gallery can have written, and that only where few are damaged;
   * or `everything`, what others put there, too.
   */
  readonly move: 'nothing' | 'ours' | 'everything';
}

/** More damaged people than this, and than a tenth of all, are not set aside unasked: something else is wrong then. */
const FEW = 10;

/**
 * Reads everyone and says what does not add up: people whose files are damaged, and crops and descriptions without a
 * row. They are moved into the quarantine as they are; nothing is deleted.
 * @throws RostroError `gallery_corrupt` where many are damaged and none may be moved unasked, `gallery_contract_mismatch`,
 *   `encryption_key_wrong`, and the file system's error
 */
export async function checkFolder({ disk, dataDir, contract, move }: CheckOptions): Promise<CheckedGallery> {
  const stored = await readGalleryFolder(disk, dataDir);
  checkContracts(stored.people, contract);
  const { usable, unfit } = siftPeople(stored.people, contract);
  const damaged = [
    ...stored.damaged.map(({ stem, error }) => ({ files: stored.filesOfDamaged.get(stem) ?? [], error })),
    ...unfit.map(({ person, error }) => ({ files: filesBesides(person, usable), error })),
  ];
  if (move === 'ours') refuseMany(damaged, usable.length);
  const odd = [
    ...damaged.map(({ files, error }) => ({ files, why: error.message })),
    ...groupOf(stored.orphans, 'No row of the gallery belongs to it.'),
    ...groupOf(move === 'everything' ? stored.strangers : [], 'The gallery does not know it.'),
  ];
  const files = odd.flatMap((group) => group.files);
  const to = move === 'nothing' ? null : await new Quarantine(disk, dataDir).setAside(files, new Date());
  return {
    people: usable,
    setAside: odd.map((group) => ({ ...group, to })),
    missingCrops: stored.missingCrops,
    temporaryFiles: stored.temporaryFiles,
    strangers: move === 'everything' ? [] : stored.strangers,
  };
}

function refuseMany(damaged: readonly { readonly error: RostroError }[], usable: number): void {
  const total = damaged.length + usable;
  if (damaged.length <= Math.max(FEW, total / 10)) return;
  throw new RostroError(
    'gallery_corrupt',
    `${damaged.length} of ${total} people cannot be read, too many to set aside unasked; the first: ` +
      `${damaged[0].error.message} "rostro doctor" lists them, "rostro doctor --repair" sets them aside.`,
    { details: { damaged: damaged.length, people: total } },
  );
}

/** Files that belong to a person who can be used, too, stay with that one. */
function filesBesides(person: StoredPerson, usable: readonly StoredPerson[]): string[] {
  const shared = new Set(usable.filter(({ name }) => name === person.name).flatMap(filesOfPerson));
  return filesOfPerson(person).filter((file) => !shared.has(file));
}

function groupOf(files: readonly string[], why: string): { files: readonly string[]; why: string }[] {
  return files.map((file) => ({ files: [file], why }));
}
