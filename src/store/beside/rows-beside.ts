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
 * The rows of one embedder beside those that the gallery answers with, by the id of the example. Whatever holds them
 * forgets an example's rows with the example.
 */
export interface RowsBeside {
  read(exampleId: string): Promise<RowBeside | null>;
  write(exampleId: string, row: RowBeside): Promise<void>;
  forget(exampleId: string): Promise<void>;
}
