import type { EmbedderContract } from '../../faces/embed/embedder.js';
import { RostroError } from '../../shared/errors.js';
import { corrupt } from '../errors.js';
import type { Disk } from './disk.js';
import { embeddingFile } from './layout.js';
import { plainStem } from './people-index.js';
import { Quarantine } from './quarantine.js';
import { filesOfPerson, readGalleryFolder } from './read-folder.js';
import type { StoredPerson } from './read-person.js';

/** Damaged, orphaned or unknown files, and where they were moved to. */
export interface QuarantinedFiles {
  /** Original paths, relative to the data folder. */
  readonly files: readonly string[];
  /** The reason, one sentence. */
  readonly why: string;
  /** The folder below `.quarantine/` that they were moved to; null where they were not moved. */
  readonly to: string | null;
}

/** Result of checking a data folder. */
export interface CheckedGallery {
  readonly people: readonly StoredPerson[];
  readonly quarantined: readonly QuarantinedFiles[];
  /** Crops that do not exist any more; their rows stay in use. */
  readonly missingCrops: readonly string[];
  readonly temporaryFiles: readonly string[];
  readonly unknownFiles: readonly string[];
}

export interface CheckOptions {
  readonly disk: Disk;
  readonly dataDir: string;
  readonly contract: EmbedderContract;
  /**
   * Files to move: `nothing`; `ours`, the gallery's own files, and only if few people are damaged; or `everything`,
   * also files that the gallery did not write.
   */
  readonly quarantine: 'nothing' | 'ours' | 'everything';
}

/** More damaged people than this and than a tenth of all are an error, because the cause is probably not the files. */
const MAX_DAMAGED = 10;

/**
 * Reads all people, and moves damaged people and orphaned crops and sidecars into the quarantine. Deletes nothing.
 * @throws RostroError `gallery_corrupt` where too many people are damaged, `gallery_contract_mismatch`,
 *   `encryption_key_wrong`; the file system's error
 */
export async function checkFolder({ disk, dataDir, contract, quarantine }: CheckOptions): Promise<CheckedGallery> {
  const stored = await readGalleryFolder(disk, dataDir);
  checkContracts(stored.people, contract);
  const { valid, invalid } = partitionPeople(stored.people, contract);
  const damaged = [
    ...stored.damaged.map(({ stem, error }) => ({ files: stored.filesOfDamaged.get(stem) ?? [], error })),
    ...invalid.map(({ person, error }) => ({ files: ownFilesOf(person, valid), error })),
  ];
  if (quarantine === 'ours') refuseManyDamaged(damaged, valid.length);
  const groups = [
    ...damaged.map(({ files, error }) => ({ files, why: error.message })),
    ...groupOf(stored.orphans, 'No row of the gallery belongs to it.'),
    ...groupOf(quarantine === 'everything' ? stored.unknownFiles : [], 'The gallery does not know it.'),
  ];
  const files = groups.flatMap((group) => group.files);
  const to = quarantine === 'nothing' ? null : await new Quarantine(disk, dataDir).add(files, new Date());
  return {
    people: valid,
    quarantined: groups.map((group) => ({ ...group, to })),
    missingCrops: stored.missingCrops,
    temporaryFiles: stored.temporaryFiles,
    unknownFiles: quarantine === 'everything' ? [] : stored.unknownFiles,
  };
}

function refuseManyDamaged(damaged: readonly { readonly error: RostroError }[], valid: number): void {
  const total = damaged.length + valid;
  if (damaged.length <= Math.max(MAX_DAMAGED, total / 10)) return;
  throw new RostroError(
    'gallery_corrupt',
    `${damaged.length} of ${total} people cannot be read, too many to set aside unasked; the first: ` +
      `${damaged[0].error.message} "rostro doctor" lists them, "rostro doctor --repair" sets them aside.`,
    { details: { damaged: damaged.length, people: total } },
  );
}

/** The files of an invalid person, without those that a valid person also uses. */
function ownFilesOf(person: StoredPerson, valid: readonly StoredPerson[]): string[] {
  const shared = new Set(valid.filter(({ name }) => name === person.name).flatMap(filesOfPerson));
  return filesOfPerson(person).filter((file) => !shared.has(file));
}

function groupOf(files: readonly string[], why: string): { files: readonly string[]; why: string }[] {
  return files.map((file) => ({ files: [file], why }));
}

/**
 * Checks that all rows are comparable with those of the running embedder.
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

export interface PartitionedPeople {
  readonly valid: readonly StoredPerson[];
  /** Readable, but duplicate or of another dimension. */
  readonly invalid: readonly { readonly person: StoredPerson; readonly error: RostroError }[];
}

/** Separates people with rows of another dimension and people with the same name as another. */
export function partitionPeople(people: readonly StoredPerson[], running: EmbedderContract): PartitionedPeople {
  const invalid: { person: StoredPerson; error: RostroError }[] = [];
  const byName = new Map<string, StoredPerson>();
  for (const person of [...people].sort(ownNameFirst)) {
    const file = embeddingFile(person.stem);
    const twin = byName.get(person.name);
    if (person.dimension !== running.dimension) {
      const what = `its rows have ${person.dimension} values where ${running.name} makes ${running.dimension}`;
      invalid.push({ person, error: corrupt(file, what) });
    } else if (twin) {
      invalid.push({
        person,
        error: corrupt(file, `${embeddingFile(twin.stem)} is of the same person, "${person.name}"`),
      });
    } else byName.set(person.name, person);
  }
  return { valid: [...byName.values()], invalid };
}

/** Of two files of one person, the one with the file name that Rostro generates comes first. */
function ownNameFirst(a: StoredPerson, b: StoredPerson): number {
  const isOther = ({ stem, name }: StoredPerson): number => Number(stem !== plainStem(name));
  return isOther(a) - isOther(b) || (a.stem < b.stem ? -1 : 1);
}
