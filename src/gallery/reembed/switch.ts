import { join } from 'node:path';
import { z } from 'zod';
import type { RowsContract } from '../files/change-parts.js';
import type { ChangeWriter } from '../files/change-writer.js';
import { ChangePlanner } from '../files/changes.js';
import type { Disk } from '../files/disk.js';
import { BESIDE_FOLDER, SWITCH_FILE, temporaryFile } from '../files/layout.js';
import { readGalleryFolder } from '../files/open-folder.js';
import { personOf, type StoredPerson } from '../files/read-person.js';
import { corrupt } from '../gallery.js';
import { hashRow } from '../person-rows.js';
import { FileRows } from './file-rows.js';
import { forgetFolder } from './files-beside.js';

export interface SwitchParts {
  /** With the gallery's encryption. */
  readonly disk: Disk;
  readonly dataDir: string;
  /** Settled: what the last stop interrupted is finished or undone. */
  readonly writer: ChangeWriter;
}

const markerSchema = z.object({ version: z.literal(1), to: z.object({ id: z.string(), name: z.string() }) });

/**
 * Makes the rows beside the gallery's own: everybody's, or nobody's. Those that were the gallery's lie beside it
 * afterwards, which is the way back. Once the marker is written, whoever opens the folder for writing finishes the
 * switch; until then nothing has changed. The caller holds the folder's lock.
 * @throws RostroError `gallery_corrupt` where a row is missing: see `examplesWithoutRow`; `storage_failed`
 */
export async function switchGallery(parts: SwitchParts, to: RowsContract): Promise<void> {
  const { disk, dataDir } = parts;
  const others = await peopleOfOthers(parts, to);
  const rows = new FileRows(disk, dataDir, to.id);
  const since = new Date().toISOString();
  for (const person of others) await keepFormerRows(person, await rowsFor(person, rows), since, parts);
  await disk.syncFolder(join(dataDir, BESIDE_FOLDER));
  await writeMarker(parts, to);
  await finishSwitch(parts);
}

/**
 * Finishes a switch that a stop interrupted.
 * @returns whether there was one
 * @throws RostroError `gallery_corrupt`, and the file system's error
 */
export async function finishSwitch(parts: SwitchParts): Promise<boolean> {
  const { disk, dataDir, writer } = parts;
  const to = await readMarker(parts);
  if (to === null) return false;
  const rows = new FileRows(disk, dataDir, to.id);
  const planner = new ChangePlanner(to);
  for (const person of await peopleOfOthers(parts, to)) {
    const record = { stem: person.stem, person: personOf(person), hasSidecar: person.sidecar !== null };
    await writer.carryOut(planner.reembed(record, await rowsFor(person, rows)).change, () => undefined);
  }
  await forgetFolder(disk, dataDir, rows.folder);
  await disk.remove(join(dataDir, SWITCH_FILE));
  await disk.syncFolder(join(dataDir, BESIDE_FOLDER));
  return true;
}

/** Everyone whose rows are of another embedder, or of an unknown one. */
async function peopleOfOthers({ disk, dataDir }: SwitchParts, { id }: RowsContract): Promise<StoredPerson[]> {
  const { people } = await readGalleryFolder(disk, dataDir);
  return people.filter(({ sidecar, unlabelled }) => unlabelled > 0 || sidecar?.contract !== id);
}

async function rowsFor({ stem, examples }: StoredPerson, rows: FileRows): Promise<Float32Array[]> {
  const found: Float32Array[] = [];
  for (const example of examples) {
    const beside = await rows.read(example);
    if (beside?.of !== hashRow(example.embedding) || beside.row === null) {
      throw corrupt(`${rows.folder}/${example.id}.json`, `it does not hold the new row of this example of ${stem}`);
    }
    found.push(beside.row);
  }
  return found;
}

/** Rows without a record of their embedder have no way back but their crops. */
async function keepFormerRows(
  { examples, sidecar, unlabelled }: StoredPerson,
  newRows: readonly Float32Array[],
  since: string,
  { disk, dataDir }: SwitchParts,
): Promise<void> {
  if (sidecar === null || unlabelled > 0) return;
  const former = new FileRows(disk, dataDir, sidecar.contract);
  await former.prepare({ id: sidecar.contract, name: sidecar.embedder }, since);
  for (const [i, example] of examples.entries()) {
    await former.write(example, { of: hashRow(newRows[i]), row: example.embedding });
  }
  await disk.syncFolder(join(dataDir, former.folder));
}

async function writeMarker({ disk, dataDir }: SwitchParts, { id, name }: RowsContract): Promise<void> {
  const temporary = join(dataDir, temporaryFile(BESIDE_FOLDER));
  const bytes = Buffer.from(JSON.stringify({ version: 1, to: { id, name } }));
  await disk.writeNew(temporary, bytes, join(dataDir, SWITCH_FILE));
  await disk.rename(temporary, join(dataDir, SWITCH_FILE));
  await disk.syncFolder(join(dataDir, BESIDE_FOLDER));
}

async function readMarker({ disk, dataDir }: SwitchParts): Promise<RowsContract | null> {
  const bytes = await disk.read(join(dataDir, SWITCH_FILE));
  if (bytes === null) return null;
  try {
    return markerSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).to;
  } catch (cause) {
    throw corrupt(SWITCH_FILE, 'it is not a note that this version of Rostro wrote', cause);
  }
}

/** Whether everybody could switch to these rows as they are. */
export async function isComplete(
  { disk, dataDir }: Pick<SwitchParts, 'disk' | 'dataDir'>,
  { id }: RowsContract,
): Promise<boolean> {
  const rows = new FileRows(disk, dataDir, id);
  const { people } = await readGalleryFolder(disk, dataDir);
  for (const { examples } of people) {
    for (const example of examples) {
      const beside = await rows.read(example);
      if (beside?.of !== hashRow(example.embedding) || beside.row === null) return false;
    }
  }
  return true;
}
