import type { EmbeddedExample } from '../gallery.js';

/** The row of an example under another embedder than the gallery's. */
export interface RowBeside {
  /** {@link hashRow} of the row that the gallery has: where it has another one by now, this is of another photo. */
  readonly of: string;
  /** Null where that embedder's detector finds no face in the kept crop. */
  readonly row: Float32Array | null;
}

/** Whose rows are beside the gallery's. */
export interface ContractBeside {
  readonly id: string;
  readonly name: string;
  /** Until when they were the gallery's own, ISO 8601; null where they never were. */
  readonly formerSince: string | null;
}

/**
 * The rows of one embedder beside those that the gallery answers with. Examples are those that its source gives. Whatever
 * holds the rows forgets an example's with the example.
 */
export interface RowsBeside {
  read(example: EmbeddedExample): Promise<RowBeside | null>;
  write(example: EmbeddedExample, row: RowBeside): Promise<void>;
  forget(example: EmbeddedExample): Promise<void>;
}
