import type { AuditEntry } from './entry.js';

/** The length of the log and its last hash. It shows that the end was cut off, which the hash chain alone cannot. */
export interface Head {
  /** Number of lines ever written. */
  readonly lines: number;
  /** Hash of the last line. */
  readonly hash: string;
}

/** Number and hash of the last line; 0 and `GENESIS` for an empty log. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

/** A line with its number and hash, without the line feed. */
export interface ChainLine extends ChainEnd {
  readonly text: string;
}

/** Findings about the end of the log when it was opened. */
export interface OpenedEnd {
  /** Whether an incomplete last line was removed. It was never acknowledged. */
  readonly tornLine: boolean;
  /** Number of lines in the head and in the log, where the log does not contain the head's last line. */
  readonly mismatch: { readonly expected: number; readonly found: number } | null;
  /** Changes without a last line, interrupted by a crash. */
  readonly interrupted: readonly AuditEntry[];
}

/** A line as read from the storage. */
export interface Line {
  /** File or table. */
  readonly file: string;
  /** Line number in the file, from 1. */
  readonly number: number;
  readonly text: string;
  /** Whether the line ends with a line feed. */
  readonly isComplete: boolean;
}

/** Read access to the lines of a log. */
export interface LineSource {
  /** All lines, oldest first. */
  lines(): AsyncIterable<Line>;
  /** Null where it is missing or unreadable. */
  head(): Promise<Head | null>;
  /**
   * An earlier head that is kept beside the people, apart from the log. It shows that the whole log was deleted, or was
   * written anew. Null where there is none.
   */
  mark(): Promise<Head | null>;
}

/** Storage for the lines of a log, independent of their content. */
export interface LineStore {
  /**
   * Finds the end of the log and removes an incomplete last line.
   * @param now determines the month in the file name
   */
  open(now: Date): Promise<OpenedEnd>;
  /** False where another process has appended lines; `open` must be called again then. */
  isCurrent(): Promise<boolean>;
  /**
   * Appends lines atomically and syncs them.
   * @param render called once with the current end; returns the lines to append
   */
  append(render: (end: ChainEnd) => readonly ChainLine[], now: Date): Promise<readonly ChainLine[]>;
  close(): Promise<void>;
}
