import type { AuditEntry } from './entry.js';
import type { Head } from './head.js';

/** The last line there is: its number and its hash; 0 and `GENESIS` where there is none. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

/** A line that goes on from a {@link ChainEnd}, without its line feed. */
export interface ChainLine extends ChainEnd {
  readonly text: string;
}

/** What the beginning found of the end. */
export interface FoundEnd {
  /** A write that a stop interrupted had left half a line; it was removed. It had never been acknowledged. */
  readonly tornLine: boolean;
  /** What the head says, where the log does not end so, or not where it went on from there. */
  readonly mismatch: { readonly expected: number; readonly found: number } | null;
  /** Changes whose second line is missing: a stop came in between. */
  readonly interrupted: readonly AuditEntry[];
}

/** A line as it is read. */
export interface Line {
  /** The file or table that it lies in. */
  readonly file: string;
  /** Of the file, from 1. */
  readonly number: number;
  readonly text: string;
  /** False for the last one of a file that ends without a line feed. */
  readonly isWhole: boolean;
}

/** Where lines can be read. */
export interface LineSource {
  /** Every line, oldest first. */
  lines(): AsyncIterable<Line>;
  /** Null where there is none, or none that can be read. */
  head(): Promise<Head | null>;
}

/** Where the lines of a log lie: it knows nothing of what they say. */
export interface LineStore {
  /**
   * Finds the end, and mends it.
   * @param now for what is named after the month
   */
  open(now: Date): Promise<FoundEnd>;
  /** Whether the end is as this process left it; otherwise it has to be found again before the next line. */
  isCurrent(): Promise<boolean>;
  /**
   * Adds lines, all of them or none, and returns when they are on the medium.
   * @param render called once, with the end that the lines go on from
   */
  append(render: (end: ChainEnd) => readonly ChainLine[], now: Date): Promise<readonly ChainLine[]>;
  close(): Promise<void>;
}
