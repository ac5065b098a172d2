import { join } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import { readFloatMatrix } from '../../shared/npy.js';
import { corrupt } from '../errors.js';
import { type EmbeddedPerson, furtherDetails, NO_DETAILS } from '../gallery.js';
import { describeRows, negativesOf } from '../person-rows.js';
import type { Disk } from './disk.js';
import { embeddingFile, sidecarFile } from './layout.js';
import { isSealedStem } from './people-index.js';
import { parseSidecar, type Sidecar } from './sidecar.js';

/** A person as read from their files. Whether the running embedder can use the rows is not checked yet. */
export interface StoredPerson extends EmbeddedPerson {
  readonly stem: string;
  /** Values per row. */
  readonly dimension: number;
  readonly sidecar: Sidecar | null;
  /** Number of rows without a sidecar entry. */
  readonly unlabelled: number;
}

export interface PersonHints {
  readonly hasSidecar: boolean;
  /** `uploads/<stem>.jpg` of the original system. */
  readonly originalCrop: string | undefined;
  /** The path of a crop as the folder has it. */
  readonly placeOf: (crop: string) => string;
}

/** Drops the fields about the files. */
export function personOf({ name, id, metadata, groups, examples, negatives, ...rest }: StoredPerson): EmbeddedPerson {
  return { name, id, metadata, groups, ...furtherDetails(rest), examples, ...(negatives && { negatives }) };
}

/**
 * @returns null where the `.npy` file does not exist
 * @throws RostroError `gallery_corrupt`
 */
export function readPerson(disk: Disk, dataDir: string, stem: string, hints: PersonHints): StoredPerson | null {
  const file = embeddingFile(stem);
  const bytes = disk.readSync(join(dataDir, file));
  if (bytes === null) return null;
  const { rows, dimension } = rowsOf(file, bytes);
  const sidecarBytes = hints.hasSidecar ? disk.readSync(join(dataDir, sidecarFile(stem))) : null;
  const sidecar = sidecarBytes && parseSidecar(sidecarBytes, sidecarFile(stem));
  if (sidecar === null && isSealedStem(stem)) throw corrupt(file, 'the file with the name of the person is missing');
  const { examples, unlabelled } = describeRows(rows, sidecar);
  const isOriginal = sidecar === null && rows.length === 1 && hints.originalCrop !== undefined;
  const details = sidecar ?? NO_DETAILS;
  const { id, metadata, groups } = details;
  return {
    stem,
    id,
    metadata,
    groups,
    ...furtherDetails(details),
    name: sidecar?.name ?? stem.normalize('NFC'),
    examples: isOriginal ? [{ ...examples[0], crop: hints.originalCrop }] : examples.map((one) => placed(one, hints)),
    ...(sidecar?.negatives && {
      negatives: negativesOf(sidecar.negatives, dimension).map((one) => placed(one, hints)),
    }),
    dimension,
    sidecar,
    unlabelled,
  };
}

function placed<T extends { readonly crop: string | null }>(example: T, { placeOf }: PersonHints): T {
  const crop = example.crop && placeOf(example.crop);
  return crop === example.crop ? example : { ...example, crop };
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

/** A loop, because `every` with a callback would take a tenth of the start. */
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
