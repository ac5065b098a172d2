import { join } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import { readFloatMatrix } from '../../shared/npy.js';
import type { Disk } from './disk.js';
import { corrupt, type EmbeddedPerson, NO_DETAILS } from '../gallery.js';
import { embeddingFile, sidecarFile } from './layout.js';
import { describeRows } from '../person-rows.js';
import { parseSidecar } from './sidecar.js';
import type { Sidecar } from './sidecar.js';

/** One person as their files say, before anyone asked whether the running embedder may use them. */
export interface StoredPerson extends EmbeddedPerson {
  readonly stem: string;
  /** Values a row. */
  readonly dimension: number;
  readonly sidecar: Sidecar | null;
  /** Rows that no entry of the sidecar describes. */
  readonly unlabelled: number;
}

export interface PersonHints {
  readonly hasSidecar: boolean;
  /** `uploads/<stem>.jpg` of the original system. */
  readonly originalCrop: string | undefined;
}

/** The person without what only their files are about. */
export function personOf({ name, id, metadata, groups, examples }: StoredPerson): EmbeddedPerson {
  return { name, id, metadata, groups, examples };
}

/**
 * @returns null where the person's rows are not there (any more)
 * @throws RostroError `gallery_corrupt`
 */
export function readPerson(disk: Disk, dataDir: string, stem: string, hints: PersonHints): StoredPerson | null {
  const file = embeddingFile(stem);
  const bytes = disk.readAtOnce(join(dataDir, file));
  if (bytes === null) return null;
  const { rows, dimension } = rowsOf(file, bytes);
  const sidecarBytes = hints.hasSidecar ? disk.readAtOnce(join(dataDir, sidecarFile(stem))) : null;
  const sidecar = sidecarBytes && parseSidecar(sidecarBytes, sidecarFile(stem));
  const { examples, unlabelled } = describeRows(rows, sidecar);
  const isOriginal = sidecar === null && rows.length === 1 && hints.originalCrop !== undefined;
  const { id, metadata, groups } = sidecar ?? NO_DETAILS;
  return {
    ...{ stem, id, metadata, groups },
    name: sidecar?.name ?? stem.normalize('NFC'),
    examples: isOriginal ? [{ ...examples[0], crop: hints.originalCrop }] : examples,
    dimension,
    sidecar,
    unlabelled,
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
