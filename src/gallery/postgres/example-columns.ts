import { exampleDetails } from '../files/sidecar.js';
import { corrupt, type ExampleDetails } from '../gallery.js';
import type { Vault } from '../sealing/vault.js';

/** PNG signature: ISO/IEC 15948, 5.2. */
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

/**
 * Between what the database keeps of an example and what it means. Each column is sealed under the example's key, so that
 * bytes that were put into another row do not open.
 */
export class ExampleColumns {
  constructor(
    private readonly vault: Vault,
    /** Without its dimension, a vector of any length opens. */
    private readonly contract: { readonly id: string; readonly dimension?: number },
  ) {}

  /** @throws RostroError `encryption_key_wrong`, `gallery_corrupt`, as those below that open */
  openCrop(stored: Uint8Array, key: string): Uint8Array {
    return this.vault.open(stored, placeOf(key, 'crop'));
  }

  openVector(stored: Uint8Array, key: string): Float32Array {
    const place = this.vectorPlace(key);
    return vectorOfBytes(this.vault.open(stored, place), this.contract.dimension, place);
  }

  openDetails(stored: Uint8Array | null, key: string): ExampleDetails | null {
    if (stored === null) return null;
    const place = placeOf(key, 'details');
    const read = exampleDetails.safeParse(jsonOf(this.vault.open(stored, place)));
    if (!read.success) throw corrupt(place, 'it is not what this version of Rostro wrote');
    return read.data;
  }

  sealCrop(crop: Uint8Array, key: string): Uint8Array {
    return this.vault.seal(crop, placeOf(key, 'crop'));
  }

  sealVector(vector: Float32Array, key: string): Uint8Array {
    return this.vault.seal(bytesOfVector(vector), this.vectorPlace(key));
  }

  /** Refuses what {@link openDetails} would refuse later. */
  sealDetails(details: ExampleDetails | null, key: string): Uint8Array | null {
    const checked = exampleDetails.parse(details);
    return checked && this.vault.seal(Buffer.from(JSON.stringify(checked)), placeOf(key, 'details'));
  }

  private vectorPlace(key: string): string {
    return placeOf(key, `vector/${this.contract.id}`);
  }
}

/** What the crop of an example is called, where its address is told: nothing lies there but in the database. */
export function cropName(key: string, extension: string | null): string | null {
  return extension === null ? null : `${placeOf(key, 'crop')}${extension}`;
}

/** With its dot. */
export function extensionOf(crop: Uint8Array): '.png' | '.jpg' {
  return PNG.equals(crop.subarray(0, PNG.length)) ? '.png' : '.jpg';
}

function placeOf(key: string, column: string): string {
  return `postgres/examples/${key}/${column}`;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A vector as the database keeps it: float32, little-endian, one value behind the other. */
export function bytesOfVector(vector: Float32Array): Uint8Array {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
  return bytes;
}

/**
 * @param given how many values belong; undefined takes what is there
 * @param where said in the error
 * @throws RostroError `gallery_corrupt` where it is not so many finite values
 */
export function vectorOfBytes(bytes: Uint8Array, given: number | undefined, where: string): Float32Array {
  const dimension = given ?? Math.floor(bytes.length / 4);
  if (bytes.length !== dimension * 4)
    throw corrupt(where, `it has ${bytes.length} bytes where ${dimension * 4} belong`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const vector = new Float32Array(dimension);
  for (let i = 0; i < dimension; i++) vector[i] = view.getFloat32(i * 4, true);
  if (!vector.every(Number.isFinite)) throw corrupt(where, 'it holds values that are not numbers');
  return vector;
}
