import { GENESIS, hashLine, parseEntry, type AuditEntry } from './entry.js';
import type { Head } from './head.js';
import type { Line, LineSource } from './line-store.js';

export type FindingKind =
  /** Its content is not what it was when the next line, or the head, was written. */
  | 'changed'
  | 'missing'
  | 'out_of_order'
  /** The end of the log is gone. */
  | 'cut_off'
  | 'unreadable'
  /** Without a head nobody can tell whether the end of the log is gone. */
  | 'no_head'
  /** A server found at its start that the log was not as it had left it, and wrote that down. */
  | 'mismatch_on_record'
  /** Not as a line that was noted elsewhere. */
  | 'not_as_anchored';

export interface Finding {
  readonly kind: FindingKind;
  /** Where, and null where it is nowhere. */
  readonly file: string | null;
  /** Of the file, from 1. */
  readonly line: number | null;
  /** By the numbers of the whole log. */
  readonly sentence: string;
}

export interface Verification {
  readonly lines: number;
  /** Hash of the last line; to be kept elsewhere. */
  readonly hash: string;
  readonly findings: readonly Finding[];
  /** The last write was interrupted; the next start removes the half line. It was never acknowledged. */
  readonly tornLine: boolean;
}

/** A line that somebody noted outside the machine: on a receipt, in another log. */
export interface Anchor {
  readonly line: number;
  readonly hash: string;
}

/**
 * Reads the whole log and tells everything that is not as it was written. It cannot tell when somebody who may write the
 * folder made the log and its head anew from some line on; an anchor from before does.
 */
export async function verifyLog(source: LineSource, anchors: readonly Anchor[] = []): Promise<Verification> {
  const head = await source.head();
  const check = new ChainCheck(head, anchors);
  for await (const line of source.lines()) check.next(line);
  return check.result();
}

interface Before {
  readonly seq: number;
  readonly hash: string;
  readonly line: Line | null;
  /** Already told to be wrong: the next line's hash says nothing new. */
  readonly isReported: boolean;
}

class ChainCheck {
  private before: Before = { seq: 0, hash: GENESIS, line: null, isReported: false };
  private readonly findings: Finding[] = [];
  private readonly gaps: { from: number; to: number; line: Line }[] = [];
  private readonly displaced = new Set<number>();
  private tornLine = false;

  constructor(
    private readonly head: Head | null,
    private readonly anchors: readonly Anchor[],
  ) {}

  next(line: Line): void {
    if (this.tornLine) this.find('unreadable', this.before.line, 'half a line lies amid the log');
    this.tornLine = !line.isWhole;
    if (this.tornLine) return;
    const entry = parseEntry(line.text);
    if (entry === null) this.takeUnreadable(line);
    else this.take(line, entry);
  }

  result(): Verification {
    for (const { from, to, line } of this.gaps) {
      const missing = range(from, to).filter((seq) => !this.displaced.has(seq));
      if (missing.length > 0) this.find('missing', line, `${inWords(missing)} missing before this one`);
    }
    this.compareWithHead();
    const { seq: lines, hash } = this.before;
    return { lines, hash, findings: this.findings, tornLine: this.tornLine };
  }

  private takeUnreadable(line: Line): void {
    const seq = this.before.seq + 1;
    this.find('unreadable', line, `line ${seq} is none that was ever written`);
    this.goOn(line, seq, true);
  }

  private take(line: Line, entry: AuditEntry): void {
    const { seq, hash } = this.before;
    const isLinked = entry.prev === hash;
    if (entry.action === 'head_mismatch') {
      this.find('mismatch_on_record', line, 'at a start the end of the log was not as it had been left');
    }
    if (entry.seq === seq + 1) {
      if (!isLinked && !this.before.isReported) this.findChanged(this.before);
      this.goOn(line, entry.seq, false);
    } else if (isLinked) {
      this.find('changed', line, `line ${seq + 1} was changed: its number is not its own`);
      this.goOn(line, seq + 1, true);
    } else if (entry.seq > seq) {
      this.gaps.push({ from: seq + 1, to: entry.seq - 1, line });
      this.goOn(line, entry.seq, false);
    } else {
      this.displaced.add(entry.seq);
      this.find('out_of_order', line, `line ${entry.seq} is not where it was written`);
    }
  }

  private goOn(line: Line, seq: number, isReported: boolean): void {
    this.before = { seq, hash: hashLine(line.text), line, isReported };
    for (const anchor of this.anchors) {
      if (anchor.line !== seq || anchor.hash === this.before.hash) continue;
      this.find('not_as_anchored', line, `line ${seq} is not the one whose hash was noted`);
    }
    if (this.head?.lines !== seq || this.head.hash === this.before.hash || isReported) return;
    this.findChanged(this.before);
    this.before = { ...this.before, isReported: true };
  }

  private compareWithHead(): void {
    const { seq } = this.before;
    const known = Math.max(this.head?.lines ?? 0, ...this.anchors.map(({ line }) => line));
    if (known > seq) this.find('cut_off', this.before.line, `the end is missing: lines ${seq + 1} to ${known}`);
    if (this.head === null && seq > 0) {
      this.find('no_head', null, 'head.json is missing: whether lines are missing at the end cannot be told');
    }
  }

  private findChanged({ line, seq }: Before): void {
    this.find('changed', line, seq === 0 ? 'line 1 is not the first that was written' : `line ${seq} was changed`);
  }

  private find(kind: FindingKind, line: Line | null, sentence: string): void {
    this.findings.push({ kind, file: line?.file ?? null, line: line?.number ?? null, sentence });
  }
}

/** So many numbers of missing lines are told one by one from those that lie elsewhere; no log has such a gap unharmed. */
const MAX_GAP = 1_000_000;

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.min(to - from + 1, MAX_GAP) }, (_, i) => from + i);
}

function inWords(missing: readonly number[]): string {
  const [first, last] = [missing[0], missing[missing.length - 1]];
  return first === last ? `line ${first} is` : `${missing.length} lines between ${first} and ${last} are`;
}
