import { type AuditEntry, GENESIS, hashLine, parseEntry } from './entry.js';
import type { Head, Line, LineSource } from './line-store.js';

export type FindingKind =
  /** The line does not match the hash in the next line or the head. */
  | 'changed'
  | 'missing'
  | 'out_of_order'
  /** Lines are missing at the end. */
  | 'cut_off'
  | 'unreadable'
  /** Without a head, missing lines at the end cannot be detected. */
  | 'no_head'
  /** A server recorded at its start that the head did not match the log. */
  | 'mismatch_on_record'
  /** The line does not match an anchor. */
  | 'not_as_anchored';

export interface Finding {
  readonly kind: FindingKind;
  /** Null where the finding has no position. */
  readonly file: string | null;
  /** Line number in the file, from 1. */
  readonly line: number | null;
  /** Message, with line numbers of the whole log. */
  readonly sentence: string;
}

export interface Verification {
  readonly lines: number;
  /** Hash of the last line; store it elsewhere as an anchor. */
  readonly hash: string;
  readonly findings: readonly Finding[];
  /** Whether the last line is incomplete. It was never acknowledged; the next start removes it. */
  readonly tornLine: boolean;
}

/** A line number and hash stored outside the machine, for example on a receipt. */
export interface Anchor {
  readonly line: number;
  readonly hash: string;
}

/**
 * Reads the whole log and reports all modifications. A user with write access to the data folder can rewrite the log,
 * the head and the mark consistently; only an older anchor detects that.
 */
export async function verifyLog(source: LineSource, anchors: readonly Anchor[] = []): Promise<Verification> {
  const [head, mark] = [await source.head(), await source.mark()];
  const check = new ChainCheck(head, [...anchors, ...(mark ? [{ line: mark.lines, hash: mark.hash }] : [])]);
  for await (const line of source.lines()) check.next(line);
  return check.result();
}

interface CheckedLine {
  readonly seq: number;
  readonly hash: string;
  readonly line: Line | null;
  /** Whether the line was already reported, so that a wrong hash in the next line is not a new finding. */
  readonly isReported: boolean;
}

class ChainCheck {
  private last: CheckedLine = { seq: 0, hash: GENESIS, line: null, isReported: false };
  private readonly findings: Finding[] = [];
  private readonly gaps: { from: number; to: number; line: Line }[] = [];
  private readonly displaced = new Set<number>();
  private tornLine = false;

  constructor(
    private readonly head: Head | null,
    private readonly anchors: readonly Anchor[],
  ) {}

  next(line: Line): void {
    if (this.tornLine) this.report('unreadable', this.last.line, 'half a line lies amid the log');
    this.tornLine = !line.isComplete;
    if (this.tornLine) return;
    const entry = parseEntry(line.text);
    if (entry === null) this.checkUnreadable(line);
    else this.check(line, entry);
  }

  result(): Verification {
    for (const { from, to, line } of this.gaps) {
      const missing = range(from, to).filter((seq) => !this.displaced.has(seq));
      if (missing.length > 0) this.report('missing', line, `${inWords(missing)} missing before this one`);
    }
    this.compareWithHead();
    const { seq: lines, hash } = this.last;
    return { lines, hash, findings: this.findings, tornLine: this.tornLine };
  }

  private checkUnreadable(line: Line): void {
    const seq = this.last.seq + 1;
    this.report('unreadable', line, `line ${seq} is none that was ever written`);
    this.advance(line, seq, true);
  }

  private check(line: Line, entry: AuditEntry): void {
    const { seq, hash } = this.last;
    const isLinked = entry.prev === hash;
    if (entry.action === 'head_mismatch') {
      this.report('mismatch_on_record', line, 'at a start the end of the log was not as it had been left');
    }
    if (entry.seq === seq + 1) {
      if (!isLinked && !this.last.isReported) this.reportChanged(this.last);
      this.advance(line, entry.seq, false);
    } else if (isLinked) {
      this.report('changed', line, `line ${seq + 1} was changed: its number is not its own`);
      this.advance(line, seq + 1, true);
    } else if (entry.seq > seq) {
      this.gaps.push({ from: seq + 1, to: entry.seq - 1, line });
      this.advance(line, entry.seq, false);
    } else {
      this.displaced.add(entry.seq);
      this.report('out_of_order', line, `line ${entry.seq} is not where it was written`);
    }
  }

  private advance(line: Line, seq: number, isReported: boolean): void {
    this.last = { seq, hash: hashLine(line.text), line, isReported };
    for (const anchor of this.anchors) {
      if (anchor.line !== seq || anchor.hash === this.last.hash) continue;
      this.report('not_as_anchored', line, `line ${seq} is not the one whose hash was noted`);
    }
    if (this.head?.lines !== seq || this.head.hash === this.last.hash || isReported) return;
    this.reportChanged(this.last);
    this.last = { ...this.last, isReported: true };
  }

  private compareWithHead(): void {
    const { seq } = this.last;
    const known = Math.max(this.head?.lines ?? 0, ...this.anchors.map(({ line }) => line));
    if (known > seq) this.report('cut_off', this.last.line, `the end is missing: lines ${seq + 1} to ${known}`);
    if (this.head === null && seq > 0) {
      this.report('no_head', null, 'head.json is missing: whether lines are missing at the end cannot be told');
    }
  }

  private reportChanged({ line, seq }: CheckedLine): void {
    this.report('changed', line, seq === 0 ? 'line 1 is not the first that was written' : `line ${seq} was changed`);
  }

  private report(kind: FindingKind, line: Line | null, sentence: string): void {
    this.findings.push({ kind, file: line?.file ?? null, line: line?.number ?? null, sentence });
  }
}

/** Maximum number of missing lines that are compared one by one with lines found elsewhere. */
const MAX_GAP = 1_000_000;

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.min(to - from + 1, MAX_GAP) }, (_, i) => from + i);
}

function inWords(missing: readonly number[]): string {
  const [first, last] = [missing[0], missing[missing.length - 1]];
  return first === last ? `line ${first} is` : `${missing.length} lines between ${first} and ${last} are`;
}
