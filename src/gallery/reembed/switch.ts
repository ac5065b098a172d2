import { join } from 'node:path';
import { z } from 'zod';
import { corrupt } from '../errors.js';
import type { ContractRef } from '../files/change-parts.js';
import { ChangePlanner } from '../files/change-planner.js';
import type { ChangeWriter } from '../files/change-writer.js';
import { type Disk, writeAndRename } from '../files/disk.js';
import { SHADOW_FOLDER, SWITCH_FILE, temporaryFile } from '../files/layout.js';
import { readGalleryFolder } from '../files/read-folder.js';
import { personOf, type StoredPerson } from '../files/read-person.js';
import { hashRow } from '../person-rows.js';
import { deleteShadowFolder, FileShadowRows } from './shadow-files.js';

export interface SwitchParts {
  /** The gallery's disk, with encryption. */
  readonly disk: Disk;
  readonly dataDir: string;
  /** Without an unfinished change. */
  readonly writer: ChangeWriter;
}

const markerSchema = z.object({ version: z.literal(1), to: z.object({ id: z.string(), name: z.string() }) });

/**
 * Switches all people to their shadow rows, or nobody. The former rows become shadow rows, so that the switch can be
 * reverted. Writing the marker file is the commit: after it, the next start finishes an interrupted switch. The caller
 * holds the folder's lock.
 * @throws RostroError `gallery_corrupt` where a row is missing (see {@link isComplete}); `storage_failed`
 */
export async function switchGallery(parts: SwitchParts, to: ContractRef): Promise<void> {
  const { disk, dataDir } = parts;
  const others = await peopleOfOthers(parts, to);
  const rows = new FileShadowRows(disk, dataDir, to.id);
  const since = new Date().toISOString();
  for (const person of others) await keepFormerRows(person, await rowsFor(person, rows), since, parts);
  await disk.syncFolder(join(dataDir, SHADOW_FOLDER));
  await writeMarker(parts, to);
  await finishSwitch(parts);
}

/**
 * Finishes an interrupted switch.
 * @returns whether there was one
 * @throws RostroError `gallery_corrupt`; the file system's error
 */
export async function finishSwitch(parts: SwitchParts): Promise<boolean> {
  const { disk, dataDir, writer } = parts;
  const to = await pendingSwitch(parts);
  if (to === null) return false;
  const rows = new FileShadowRows(disk, dataDir, to.id);
  const planner = new ChangePlanner(to);
  for (const person of await peopleOfOthers(parts, to)) {
    const record = { stem: person.stem, person: personOf(person), hasSidecar: person.sidecar !== null };
    await writer.execute(planner.reembed(record, await rowsFor(person, rows)).change, () => undefined);
  }
  await deleteShadowFolder(disk, dataDir, rows.folder);
  await disk.remove(join(dataDir, SWITCH_FILE));
  await disk.syncFolder(join(dataDir, SHADOW_FOLDER));
  return true;
}

/** People with rows of another or an unknown embedder. */
async function peopleOfOthers({ disk, dataDir }: SwitchParts, { id }: ContractRef): Promise<StoredPerson[]> {
  const { people } = await readGalleryFolder(disk, dataDir);
  return people.filter(({ sidecar, unlabelled }) => unlabelled > 0 || sidecar?.contract !== id);
}

async function rowsFor({ stem, examples }: StoredPerson, rows: FileShadowRows): Promise<Float32Array[]> {
  const found: Float32Array[] = [];
  for (const example of examples) {
    const shadow = await rows.read(example);
    if (shadow?.of !== hashRow(example.embedding) || shadow.row === null) {
      throw corrupt(`${rows.folder}/${example.id}.json`, `it does not hold the new row of this example of ${stem}`);
    }
    found.push(shadow.row);
  }
  return found;
}

/** Stores the former rows as shadow rows. Rows of an unknown embedder are not kept. */
async function keepFormerRows(
  { examples, sidecar, unlabelled }: StoredPerson,
  newRows: readonly Float32Array[],
  since: string,
  { disk, dataDir }: SwitchParts,
): Promise<void> {
  if (sidecar === null || unlabelled > 0) return;
  const former = new FileShadowRows(disk, dataDir, sidecar.contract);
  await former.prepare({ id: sidecar.contract, name: sidecar.embedder }, since);
  for (const [i, example] of examples.entries()) {
    await former.write(example, { of: hashRow(newRows[i]), row: example.embedding });
  }
  await disk.syncFolder(join(dataDir, former.folder));
}

async function writeMarker({ disk, dataDir }: SwitchParts, { id, name }: ContractRef): Promise<void> {
  const temporary = join(dataDir, temporaryFile(SHADOW_FOLDER));
  const bytes = Buffer.from(JSON.stringify({ version: 1, to: { id, name } }));
  await writeAndRename(disk, temporary, join(dataDir, SWITCH_FILE), bytes);
  await disk.syncFolder(join(dataDir, SHADOW_FOLDER));
}

/** The target of a switch that was interrupted; null if there is none. @throws RostroError `gallery_corrupt` */
export async function pendingSwitch({
  disk,
  dataDir,
}: Pick<SwitchParts, 'disk' | 'dataDir'>): Promise<ContractRef | null> {
  const bytes = await disk.read(join(dataDir, SWITCH_FILE));
  if (bytes === null) return null;
  try {
    return markerSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).to;
  } catch (cause) {
    throw corrupt(SWITCH_FILE, 'it is not a note that this version of Rostro wrote', cause);
  }
}

/** Whether every example has a current shadow row. */
export async function isComplete(
  { disk, dataDir }: Pick<SwitchParts, 'disk' | 'dataDir'>,
  { id }: ContractRef,
): Promise<boolean> {
  const rows = new FileShadowRows(disk, dataDir, id);
  const { people } = await readGalleryFolder(disk, dataDir);
  for (const { examples } of people) {
    for (const example of examples) {
      const shadow = await rows.read(example);
      if (shadow?.of !== hashRow(example.embedding) || shadow.row === null) return false;
    }
  }
  return true;
}
