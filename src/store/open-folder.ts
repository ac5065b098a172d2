import { join } from 'node:path';
import { readFloatMatrix } from '../formats/npy.js';
import { RostroError } from '../errors.js';
import type { Disk } from './disk.js';
import { corrupt } from './errors.js';
import type { Example } from './gallery.js';
import { EMBEDDINGS_FOLDER, embeddingFile, isTemporary, sidecarFile, UPLOADS_FOLDER } from './layout.js';
import { describeRows } from './person-rows.js';
import { parseSidecar } from './sidecar.js';
import type { Sidecar } from './sidecar.js';

const ORIGINAL_CROP = /^(.+)\.(?:jpe?g|png)$/i;

/** One person as their files say, before anyone asked whether the running embedder may use them. */
export interface StoredPerson {
  readonly stem: string;
  readonly name: string;
  readonly examples: readonly Example[];
  /** Values a row. */
  readonly dimension: number;
  readonly sidecar: Sidecar | null;
  /** Rows that no entry of the sidecar describes. */
  readonly unlabelled: number;
  /** Crops of described rows that are not there. */
  readonly staleCrops: readonly string[];
}

export interface StoredGallery {
  readonly people: readonly StoredPerson[];
  /** Unfinished files of ours, in the embeddings folder. */
  readonly temporaryFiles: readonly string[];
  /** What the gallery does not know, relative to the data folder. Hidden files and README.md go without saying. */
  readonly strangers: readonly string[];
}

/**
 * Reads everything that a data folder holds, and changes nothing.
 * @throws RostroError `gallery_corrupt`
 */
export async function readGalleryFolder(disk: Disk, dataDir: string): Promise<StoredGallery> {
  const embeddings = await disk.list(join(dataDir, EMBEDDINGS_FOLDER));
  const uploads = await disk.list(join(dataDir, UPLOADS_FOLDER));
  const files = new Set(embeddings.filter((entry) => !entry.isDirectory()).map(({ name }) => name));
  const stems = [...files]
    .filter((name) => /[^.]\.npy$/.test(name) && !name.startsWith('.'))
    .map((name) => name.slice(0, -4));
  const originalCrops = new Map(
    uploads.flatMap(({ name }) => {
      const stem = ORIGINAL_CROP.exec(name)?.[1];
      return stem === undefined ? [] : [[stem, `${UPLOADS_FOLDER}/${name}`]];
    }),
  );
  const read = (stem: string): StoredPerson =>
    readPerson(disk, dataDir, stem, { hasSidecar: files.has(`${stem}.json`), originalCrop: originalCrops.get(stem) });
  const people = stems.map(read);
  const known = knownFiles(people);
  const found = [
    ...embeddings.map(({ name }) => `${EMBEDDINGS_FOLDER}/${name}`),
    ...uploads.map(({ name }) => `${UPLOADS_FOLDER}/${name}`),
    ...people.flatMap(({ staleCrops }) => staleCrops),
  ];
  return {
    people,
    temporaryFiles: [...files].filter(isTemporary).map((name) => `${EMBEDDINGS_FOLDER}/${name}`),
    strangers: found.filter((path) => !known.has(path) && !/\/(?:\.[^/]*|README\.md)$/.test(path)),
  };
}

function knownFiles(people: readonly StoredPerson[]): Set<string> {
  return new Set(
    people.flatMap(({ stem, sidecar, examples }) => [
      embeddingFile(stem),
      ...(sidecar ? [sidecarFile(stem)] : []),
      ...examples.flatMap(({ crop }) => (crop ? [crop, crop.slice(0, crop.lastIndexOf('/'))] : [])),
    ]),
  );
}

function readPerson(
  disk: Disk,
  dataDir: string,
  stem: string,
  hints: { hasSidecar: boolean; originalCrop: string | undefined },
): StoredPerson {
  const file = embeddingFile(stem);
  const bytes = disk.readAtOnce(join(dataDir, file));
  if (bytes === null) throw corrupt(file, 'it vanished while the gallery was being read');
  const { rows, dimension } = rowsOf(file, bytes);
  const sidecarBytes = hints.hasSidecar ? disk.readAtOnce(join(dataDir, sidecarFile(stem))) : null;
  const sidecar = sidecarBytes && parseSidecar(sidecarBytes, sidecarFile(stem));
  const { examples, unlabelled, stale } = describeRows(rows, sidecar);
  const isOriginal = sidecar === null && rows.length === 1 && hints.originalCrop !== undefined;
  return {
    stem,
    name: sidecar?.name ?? stem.normalize('NFC'),
    examples: isOriginal ? [{ ...examples[0], crop: hints.originalCrop ?? null }] : examples,
    dimension,
    sidecar,
    unlabelled,
    staleCrops: stale.flatMap(({ crop }) => (crop ? [crop] : [])),
  };
}

function rowsOf(file: string, bytes: Uint8Array): { rows: Float32Array[]; dimension: number } {
  const matrix = matrixOf(file, bytes);
  const { data, rows, columns } = matrix;
  if (rows === 0 || columns === 0) throw corrupt(file, 'it holds no values');
  if (!areFinite(data)) throw corrupt(file, 'it holds values that are not numbers');
  return {
    rows: Array.from({ length: rows }, (_, i) => data.slice(i * columns, (i + 1) * columns)),
    dimension: columns,
  };
}

/** `every` with a callback would take a tenth of the whole start. */
function areFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

function matrixOf(file: string, bytes: Uint8Array): ReturnType<typeof readFloatMatrix> {
  try {
    return readFloatMatrix(bytes);
  } catch (error) {
    if (error instanceof RostroError) throw corrupt(file, error.message, error);
    throw error;
  }
}
