import { parseJson } from '../../shared/json.js';
import { corrupt } from '../errors.js';
import { exampleDetails, furtherSchema } from '../files/sidecar.js';
import { type ExampleDetails, furtherDetails, furtherOf, type PersonDetails } from '../gallery.js';
import type { Vault } from '../sealing/vault.js';

/** PNG signature: ISO/IEC 15948, 5.2. */
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

/**
 * Encodes and decodes the binary columns of an example. Each column is encrypted under the example's key, so that bytes
 * copied to another row do not decrypt.
 */
export class ExampleColumns {
  constructor(
    private readonly vault: Vault,
    /** Without a dimension, vectors of any length are accepted. */
    private readonly contract: { readonly id: string; readonly dimension?: number },
  ) {}

  /** @throws RostroError `encryption_key_wrong`, `gallery_corrupt`, as the other `open` methods */
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
    const read = exampleDetails.safeParse(parseJson(this.vault.open(stored, place)));
    if (!read.success) throw corrupt(place, 'it is not what this version of Rostro wrote');
    return read.data;
  }

  sealCrop(crop: Uint8Array, key: string): Uint8Array {
    return this.vault.seal(crop, placeOf(key, 'crop'));
  }

  sealVector(vector: Float32Array, key: string): Uint8Array {
    return this.vault.seal(bytesOfVector(vector), this.vectorPlace(key));
  }

  /** @throws for data that {@link openDetails} would not read */
  sealDetails(details: ExampleDetails | null, key: string): Uint8Array | null {
    const checked = exampleDetails.parse(details);
    return checked && this.vault.seal(Buffer.from(JSON.stringify(checked)), placeOf(key, 'details'));
  }

  /** @param person key of the row */
  openFurther(stored: Uint8Array | null, person: number): Partial<PersonDetails> {
    if (stored === null) return furtherOf({});
    const place = furtherPlace(person);
    const read = furtherSchema.safeParse(parseJson(this.vault.open(stored, place)));
    if (!read.success) throw corrupt(place, 'it is not what this version of Rostro wrote');
    return furtherOf(read.data);
  }

  /** @returns null where there is nothing to store */
  sealFurther(details: PersonDetails, person: number): Uint8Array | null {
    const further = furtherSchema.parse(furtherDetails(details));
    const text = JSON.stringify(further);
    return text === '{}' ? null : this.vault.seal(Buffer.from(text), furtherPlace(person));
  }

  private vectorPlace(key: string): string {
    return placeOf(key, `vector/${this.contract.id}`);
  }
}

/** `Example.crop` of an example in the database: an identifier, not a path on the disk. */
export function cropName(key: string, extension: string | null): string | null {
  return extension === null ? null : `${placeOf(key, 'crop')}${extension}`;
}

/** With the dot. */
export function extensionOf(crop: Uint8Array): '.png' | '.jpg' {
  return PNG.equals(crop.subarray(0, PNG.length)) ? '.png' : '.jpg';
}

function furtherPlace(person: number): string {
  return `postgres/people/${person}/further`;
}

function placeOf(key: string, column: string): string {
  return `postgres/examples/${key}/${column}`;
}

/** Encodes a vector as float32, little-endian. */
export function bytesOfVector(vector: Float32Array): Uint8Array {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
  return bytes;
}

/**
 * @param given expected number of values; undefined accepts any
 * @param where for the error message
 * @throws RostroError `gallery_corrupt` where the length is wrong or a value is not finite
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
