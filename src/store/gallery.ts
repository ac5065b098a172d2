import type { FaceQuality } from '../vision/quality.js';

/** What is known of one enrolled photo besides its embedding. */
export interface ExampleDetails {
  /** Detector confidence, 0..1. */
  readonly confidence: number;
  /** Where the face lies inside the kept crop, in pixels of the crop. */
  readonly boxInCrop: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Missing where the example is older than the measurement. */
  readonly quality?: FaceQuality | undefined;
}

/** One row of the gallery. */
export interface Example {
  /** Unique within the person, safe in a URL and in a file name. */
  readonly id: string;
  /** `contract.dimension` values, as the network's contract defines them: unit length for FaceNet, raw for face-api. */
  readonly embedding: Float32Array;
  /** Path of the kept crop relative to the data folder, with forward slashes; null for rows of the original system. */
  readonly crop: string | null;
  /** ISO 8601, UTC; null for rows of the original system. */
  readonly addedAt: string | null;
  readonly details: ExampleDetails | null;
}

export interface Person {
  readonly name: string;
  readonly examples: readonly Example[];
}

export interface NewExample {
  readonly embedding: Float32Array;
  /** The crop as JPEG bytes. */
  readonly crop: Uint8Array;
  readonly details: ExampleDetails;
}

export interface AddedExample {
  readonly example: Example;
  /** Path of the file that holds the person's embeddings, relative to the data folder. */
  readonly embeddingFile: string;
}

/** What an erasure took away. Paths are relative to the data folder. */
export interface Removal {
  /** Files that held something of the person or the example, and are gone. */
  readonly files: readonly string[];
  /** Those that the disk would not give up: they go with the next change, or at the next start. */
  readonly remaining: readonly string[];
}

/**
 * The enrolled people. Reads come from memory; a write is on the disk, whole and synced, when its promise resolves.
 * Writes are serialised. Names arrive validated by `parsePersonName`.
 */
export interface Gallery {
  /** Grows with every change that has become real, so that what is derived from the gallery knows when it is old. */
  readonly version: number;
  /** Everyone, in the order of their names. */
  people(): readonly Person[];
  /** @throws RostroError `person_not_found` */
  person(name: string): Person;
  /** Adds an example, and the person with their first one. */
  add(name: string, example: NewExample): Promise<AddedExample>;
  /** @throws RostroError `person_not_found`, `person_exists` */
  rename(from: string, to: string): Promise<Person>;
  /** @throws RostroError `person_not_found` */
  removePerson(name: string): Promise<Removal>;
  /** Removes one example; the last one takes the person with it. @throws RostroError `person_not_found`, `example_not_found` */
  removeExample(name: string, exampleId: string): Promise<Removal>;
  /** The kept crop, JPEG bytes (PNG where `Example.crop` of an original row ends so). @throws RostroError `person_not_found`, `example_not_found` (also where no crop was kept) */
  crop(name: string, exampleId: string): Promise<Uint8Array>;
  /** Finishes the changes that were asked for; later ones are refused with `storage_failed`. */
  close(): Promise<void>;
  /** When the file of the person's embeddings was last written: all that is known of rows without a date. */
  writtenAt(name: string): Promise<Date>;
  /** Whether the disk takes a file, and the folder is still this process's to write. */
  isWritable(): Promise<boolean>;
}
