import fc from 'fast-check';
import { RostroError, type ErrorCode } from '../../../src/shared/errors.js';

/** Something that takes what strangers give it. */
export interface Subject<T = Uint8Array> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<T>;
  /**
   * Gives it one input.
   * @returns whether it was taken, or else refused as documented
   * @throws anything else that it does
   */
  readonly take: (input: T) => boolean | Promise<boolean>;
}

export interface FuzzOptions {
  readonly runs: number;
  readonly seed: number;
  /** An input that takes longer than this twice is a hang. */
  readonly longestMs: number;
}

export interface Findings {
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
  readonly slowestMs: number;
  /** Resident memory after the last input beyond that after the first fifth of them. */
  readonly grownMb: number;
}

const WARM_UP_SHARE = 0.2;
const MB = 2 ** 20;

/** @throws Error with the smallest input found that is not answered with a value or a documented refusal, in base64 */
export async function fuzz<T>(subject: Subject<T>, options: FuzzOptions): Promise<Findings> {
  const { runs, seed, longestMs } = options;
  const seen = { inputs: 0, accepted: 0, refused: 0, slowestMs: 0 };
  let warm = residentBytes();
  const property = fc.asyncProperty(subject.inputs, async (input) => {
    let { accepted, ms } = await timed(subject, input);
    if (ms > longestMs) ({ accepted, ms } = await timed(subject, input));
    if (ms > longestMs) throw new Error(`it took ${Math.round(ms)} ms, twice`);
    seen.inputs += 1;
    seen[accepted ? 'accepted' : 'refused'] += 1;
    seen.slowestMs = Math.max(seen.slowestMs, Math.round(ms));
    if (seen.inputs === Math.ceil(runs * WARM_UP_SHARE)) warm = residentBytes();
  });
  const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns: runs, seed });
  if (failed) {
    const input = counterexample === null ? 'unknown' : textOf(counterexample[0]);
    throw new Error(`${subject.name} does not bear ${input} (seed ${seed})`, { cause: errorInstance });
  }
  return { ...seen, grownMb: Math.round((residentBytes() - warm) / MB) };
}

async function timed<T>(subject: Subject<T>, input: T): Promise<{ accepted: boolean; ms: number }> {
  const start = performance.now();
  const accepted = await subject.take(input);
  return { accepted, ms: performance.now() - start };
}

function textOf(input: unknown): string {
  return JSON.stringify(input, (_, value: unknown) => {
    return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
  });
}

/** After garbage collection, if node runs with --expose-gc. */
function residentBytes(): number {
  global.gc?.();
  return process.memoryUsage.rss();
}

/** @returns true if `parse` returns, false if it throws one of `codes`. @throws any other error */
export function answers(codes: readonly ErrorCode[], parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    return isRefusal(error, codes);
  }
}

/** @returns false. @throws the error if it is none of these */
export function isRefusal(error: unknown, codes: readonly ErrorCode[]): boolean {
  if (error instanceof RostroError && codes.includes(error.code)) return false;
  throw error;
}
