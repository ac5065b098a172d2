import type { FaceQuality } from '../faces/image/quality.js';

/** Measurements of an enrolled photo. */
export interface ExampleDetails {
  /** Detector confidence, 0..1. */
  readonly confidence: number;
  /** Position of the face in the stored crop, in pixels of the crop. */
  readonly boxInCrop: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Absent on examples enrolled before quality was measured. */
  readonly quality?: FaceQuality | undefined;
  /** SHA-256 of the photo file, hexadecimal; detects duplicates. Absent on older examples. */
  readonly photoHash?: string | undefined;
  /** The groups that use the example. Absent: all groups of the person. Set for examples that a key of a group added. */
  readonly groups?: readonly string[] | undefined;
  /** Id of the access key that sent the photo to `POST /upload`. Absent without a key. */
  readonly addedBy?: string | undefined;
}

/** An enrolled photo, without its embedding. */
export interface Example {
  /** Unique within the person, safe in a URL and in a file name. */
  readonly id: string;
  /** Path of the stored crop relative to the data folder, with forward slashes; null where none was stored. */
  readonly crop: string | null;
  /** ISO 8601, UTC; null for rows of the original system. */
  readonly addedAt: string | null;
  readonly details: ExampleDetails | null;
}

export interface EmbeddedExample extends Example {
  /**
   * `contract.dimension` values. The embedder's contract defines their scale: unit length for FaceNet, raw for
   * face-api.
   */
  readonly embedding: Float32Array;
}

export interface NewExample {
  readonly embedding: Float32Array;
  /** The crop as JPEG bytes. */
  readonly crop: Uint8Array;
  readonly details: ExampleDetails;
}

/** An example with the bytes of its crop, for copies between galleries and archives. */
export interface FullExample extends Omit<EmbeddedExample, 'crop'> {
  /** JPEG or PNG bytes; null where no crop was stored. */
  readonly crop: Uint8Array | null;
}

/** Result of an erasure. Paths are relative to the data folder. */
export interface Removal {
  /** Deleted files. */
  readonly files: readonly string[];
  /** Files that could not be deleted. The next change or the next start deletes them. */
  readonly remaining: readonly string[];
}
