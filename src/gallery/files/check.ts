import type { EmbedderContract } from '../../faces/embed/embedder.js';
import { RostroError } from '../../shared/errors.js';
import { corrupt } from '../gallery.js';
import type { Disk } from './disk.js';
import { embeddingFile } from './layout.js';
import { filesOfPerson, readGalleryFolder } from './open-folder.js';
import { plainStem } from './people-index.js';
import { Quarantine } from './quarantine.js';
import type { StoredPerson } from './read-person.js';

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

/**
 * Lets a gallery through only where every row may be compared with the running embedder's.
 * @throws RostroError `gallery_contract_mismatch`
 */
export function checkContracts(people: readonly StoredPerson[], running: EmbedderContract): void {
  const others = people.filter(({ sidecar }) => sidecar !== null && sidecar.contract !== running.id);
  if (others.length > 0) throw otherContract(others, people.length, running);
  const unlabelled = people.filter(
    ({ unlabelled, dimension }) => unlabelled > 0 && !(running.adoptsUnlabelledRows && dimension === running.dimension),
  );
  if (unlabelled.length > 0) throw unknownContract(unlabelled, running);
}

function otherContract(others: readonly StoredPerson[], total: number, running: EmbedderContract): RostroError {
  const stored = [...new Map(others.map(({ sidecar }) => [sidecar!.contract, sidecar!.embedder]))];
  const madeWith = stored.map(([id, name]) => `${name} (${id})`).join(' and ');
  return new RostroError(
    'gallery_contract_mismatch',
    `${others.length} of ${total} people were enrolled with ${madeWith}, but ${running.name} (${running.id}) runs now: ` +
      'choose the embedder they were made with, or run "rostro reembed".',
    { details: { people: others.length, storedContracts: stored.map(([id]) => id), runningContract: running.id } },
  );
}

function unknownContract(unlabelled: readonly StoredPerson[], running: EmbedderContract): RostroError {
  const files = unlabelled.map(({ stem }) => embeddingFile(stem));
  const rest = files.length === 1 ? '' : ` (and ${files.length - 1} more)`;
  return new RostroError(
    'gallery_contract_mismatch',
    `${files[0]}${rest} holds rows of ${unlabelled[0].dimension} values without a record of the embedder that made ` +
      `them, and ${running.name} (${running.id}) cannot take them for its own: choose the embedder they were made ` +
      'with (the FaceNet model of 2017 for files of the original system), or run "rostro reembed".',
    { details: { files, runningContract: running.id } },
  );
}

export interface SiftedPeople {
  readonly usable: readonly StoredPerson[];
  /** Readable each by itself, but not what the gallery can hold. */
  readonly unfit: readonly { readonly person: StoredPerson; readonly error: RostroError }[];
}

/** Keeps apart whose rows have another length than the embedder's, and who is there twice. */
export function siftPeople(people: readonly StoredPerson[], running: EmbedderContract): SiftedPeople {
  const unfit: { person: StoredPerson; error: RostroError }[] = [];
  const byName = new Map<string, StoredPerson>();
  for (const person of [...people].sort(ownNameFirst)) {
    const file = embeddingFile(person.stem);
    const twin = byName.get(person.name);
    if (person.dimension !== running.dimension) {
      const what = `its rows have ${person.dimension} values where ${running.name} makes ${running.dimension}`;
      unfit.push({ person, error: corrupt(file, what) });
    } else if (twin) {
      unfit.push({
        person,
        error: corrupt(file, `${embeddingFile(twin.stem)} is of the same person, "${person.name}"`),
      });
    } else byName.set(person.name, person);
  }
  return { usable: [...byName.values()], unfit };
}

/** Of two files of one person the one counts that is called as Rostro would call it. */
function ownNameFirst(a: StoredPerson, b: StoredPerson): number {
  const isOther = ({ stem, name }: StoredPerson): number => Number(stem !== plainStem(name));
  return isOther(a) - isOther(b) || (a.stem < b.stem ? -1 : 1);
}
