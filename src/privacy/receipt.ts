import type { LineRef } from './audit/audit-log.js';

/** What was erased, for whoever asked for it. It names the person, so it belongs to them and not into a log. */
export interface Receipt {
  /** By this number the audit log knows the erasure. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly erasedAt: string;
  readonly person: string;
  /** Ids of the examples whose rows are gone. */
  readonly examples: readonly string[];
  /** How many of them had a crop. */
  readonly crops: number;
  /** Files that are gone, relative to the data folder. */
  readonly files: readonly string[];
  /** Files that the disk would not give up yet. */
  readonly remaining: readonly string[];
  /** `retraining`: the classifier that knew them was discarded, and the server learns a new one without them. */
  readonly classifier: 'retraining' | 'discarded' | 'none';
  /** Files with somebody of that name that do not come from the gallery; whoever made them has to erase them. */
  readonly elsewhere: readonly string[];
  /** The line of the audit log that says so; null where none is kept. */
  readonly audit: LineRef | null;
}
