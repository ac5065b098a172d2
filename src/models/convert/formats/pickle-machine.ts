import { RostroError } from '../../../shared/errors.js';
import type { PickleValue } from './pickle-numpy.js';

/** What is wrong with a pickle, after "not a usable pickle: ". */
export function badPickle(message: string): RostroError {
  return new RostroError('bad_model_file', `not a usable pickle: ${message}`);
}

const MAX_GLOBAL_NAME_BYTES = 128;

/** The pickle machine: a stack with marks, a memo, and a cursor over the instructions. */
export class PickleMachine {
  position = 0;
  private stack: PickleValue[] = [];
  private readonly marks: PickleValue[][] = [];
  private readonly memo = new Map<number, PickleValue>();
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next `count` bytes, not copied. */
  take(count: number): Uint8Array {
    if (count > this.bytes.length - this.position) throw badPickle('it ends too early');
    this.position += count;
    return this.bytes.subarray(this.position - count, this.position);
  }

  byte(): number {
    return this.take(1)[0];
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  uint64(): number {
    return Number(this.view.getBigUint64(this.advance(8), true));
  }

  float64(): number {
    return this.view.getFloat64(this.advance(8), false);
  }

  /** Text up to the next line feed, which is consumed. */
  line(): string {
    const length = this.bytes.subarray(this.position, this.position + MAX_GLOBAL_NAME_BYTES).indexOf(0x0a);
    if (length < 0) throw badPickle('it ends too early, or names something overlong');
    return latin1(this.take(length + 1).subarray(0, length));
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined) throw badPickle('it takes more values than it made');
    return value;
  }

  top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined) throw badPickle('it takes more values than it made');
    return value;
  }

  mark(): void {
    this.marks.push(this.stack);
    this.stack = [];
  }

  /** What was pushed since the last mark. */
  popToMark(): PickleValue[] {
    const values = this.stack;
    const below = this.marks.pop();
    if (!below) throw badPickle('it closes a group that it did not open');
    this.stack = below;
    return values;
  }

  remember(key = this.memo.size): void {
    this.memo.set(key, this.top());
  }

  recall(key: number): void {
    const value = this.memo.get(key);
    if (value === undefined) throw badPickle(`it recalls value ${key}, which it never stored`);
    this.push(value);
  }

  result(): PickleValue {
    const value = this.pop();
    if (this.stack.length > 0 || this.marks.length > 0) throw badPickle('it stops with values left over');
    if (this.position !== this.bytes.length) throw badPickle('bytes follow its end');
    return value;
  }

  private advance(count: number): number {
    this.take(count);
    return this.position - count;
  }
}

/** Text whose every byte is one character. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
