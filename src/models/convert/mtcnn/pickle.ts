import { applyState, badPickle, callGlobal, findGlobal, type PickleValue } from './pickle-numpy.js';

const MAX_GLOBAL_NAME_BYTES = 128;

/** The virtual machine of pickles: a stack with marks, a memo, and a cursor over the instructions. */
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
    if (count > this.bytes.length - this.position) throw badPickle('it is truncated');
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

  /** Reads text up to the next line feed and consumes the line feed. */
  line(): string {
    const length = this.bytes.subarray(this.position, this.position + MAX_GLOBAL_NAME_BYTES).indexOf(0x0a);
    if (length < 0) throw badPickle('it is truncated, or a name in it is too long');
    return latin1(this.take(length + 1).subarray(0, length));
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined) throw badPickle('it pops more values than it pushed');
    return value;
  }

  top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined) throw badPickle('it pops more values than it pushed');
    return value;
  }

  mark(): void {
    this.marks.push(this.stack);
    this.stack = [];
  }

  /** The values pushed since the last mark. */
  popToMark(): PickleValue[] {
    const values = this.stack;
    const below = this.marks.pop();
    if (!below) throw badPickle('it pops a mark that it did not push');
    this.stack = below;
    return values;
  }

  remember(key = this.memo.size): void {
    this.memo.set(key, this.top());
  }

  recall(key: number): void {
    const value = this.memo.get(key);
    if (value === undefined) throw badPickle(`it recalls value ${key}, which it did not store`);
    this.push(value);
  }

  result(): PickleValue {
    const value = this.pop();
    if (this.stack.length > 0 || this.marks.length > 0) throw badPickle('it ends with values on the stack');
    if (this.position !== this.bytes.length) throw badPickle('bytes follow its end');
    return value;
  }

  private advance(count: number): number {
    this.take(count);
    return this.position - count;
  }
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

const MAX_PROTOCOL = 5;
const OP_STOP = 0x2e;

/**
 * Reads a pickle of protocol 2 to 5 with numpy arrays in dictionaries, lists and tuples, as `numpy.save` writes object
 * arrays. No code from the file runs: a fixed table (pickle-numpy.ts) lists the three supported globals; others are
 * rejected by name. Memory and time are bounded by the size of the input, not by the lengths it states. Instruction
 * set: CPython `Lib/pickletools.py`.
 * @throws RostroError `bad_model_file`
 */
export function readPickle(bytes: Uint8Array): PickleValue {
  const machine = new PickleMachine(bytes);
  for (;;) {
    const at = machine.position;
    const code = machine.byte();
    if (code === OP_STOP) return machine.result();
    const instruction = INSTRUCTIONS.get(code);
    if (!instruction) throw badPickle(`instruction 0x${hex(code)} at byte ${at} is not supported`);
    instruction(machine);
  }
}

function hex(code: number): string {
  return code.toString(16).padStart(2, '0');
}

/** One handler per instruction. Codes and names: CPython `Lib/pickle.py`. */
const INSTRUCTIONS = new Map<number, (machine: PickleMachine) => void>([
  [0x80, protocol], // PROTO
  [0x95, (m) => void m.uint64()], // FRAME: only a hint for readers that stream
  [0x28, (m) => m.mark()], // MARK

  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x4b, (m) => m.push(m.byte())], // BININT1
  [0x4d, (m) => m.push(m.uint16())], // BININT2
  [0x4a, (m) => m.push(m.int32())], // BININT
  [0x8a, (m) => m.push(longInteger(m.take(m.byte())))], // LONG1
  [0x47, (m) => m.push(m.float64())], // BINFLOAT

  [0x55, (m) => m.push(m.take(m.byte()))], // SHORT_BINSTRING
  [0x54, (m) => m.push(m.take(m.uint32()))], // BINSTRING
  [0x43, (m) => m.push(m.take(m.byte()))], // SHORT_BINBYTES
  [0x42, (m) => m.push(m.take(m.uint32()))], // BINBYTES
  [0x8e, (m) => m.push(m.take(m.uint64()))], // BINBYTES8
  [0x8c, (m) => m.push(utf8(m.take(m.byte())))], // SHORT_BINUNICODE
  [0x58, (m) => m.push(utf8(m.take(m.uint32())))], // BINUNICODE
  [0x8d, (m) => m.push(utf8(m.take(m.uint64())))], // BINUNICODE8

  [0x29, (m) => m.push([])], // EMPTY_TUPLE
  [0x85, (m) => tuple(m, 1)], // TUPLE1
  [0x86, (m) => tuple(m, 2)], // TUPLE2
  [0x87, (m) => tuple(m, 3)], // TUPLE3
  [0x74, (m) => m.push(m.popToMark())], // TUPLE
  [0x5d, (m) => m.push([])], // EMPTY_LIST
  [0x61, (m) => append(m, [m.pop()])], // APPEND
  [0x65, (m) => append(m, m.popToMark())], // APPENDS
  [0x7d, (m) => m.push(new Map<string, PickleValue>())], // EMPTY_DICT
  [0x73, (m) => setItems(m, [m.pop(), m.pop()].reverse())], // SETITEM
  [0x75, (m) => setItems(m, m.popToMark())], // SETITEMS

  [0x71, (m) => m.remember(m.byte())], // BINPUT
  [0x72, (m) => m.remember(m.uint32())], // LONG_BINPUT
  [0x94, (m) => m.remember()], // MEMOIZE
  [0x68, (m) => m.recall(m.byte())], // BINGET
  [0x6a, (m) => m.recall(m.uint32())], // LONG_BINGET

  [0x63, (m) => m.push(findGlobal(m.line(), m.line()))], // GLOBAL
  [0x93, stackGlobal], // STACK_GLOBAL
  [0x52, reduce], // REDUCE
  [0x62, build], // BUILD
]);

function protocol(machine: PickleMachine): void {
  const version = machine.byte();
  if (version < 2 || version > MAX_PROTOCOL) throw badPickle(`protocol ${version} is unknown`);
}

function stackGlobal(machine: PickleMachine): void {
  const name = machine.pop();
  const module = machine.pop();
  if (typeof name !== 'string' || typeof module !== 'string') throw badPickle('it refers to something without a name');
  machine.push(findGlobal(module, name));
}

function reduce(machine: PickleMachine): void {
  const args = machine.pop();
  if (!Array.isArray(args)) throw badPickle('it makes a value without a list of arguments');
  machine.push(callGlobal(machine.pop(), args));
}

function build(machine: PickleMachine): void {
  const state = machine.pop();
  if (!Array.isArray(state)) throw badPickle('it fills a value with something other than a tuple');
  applyState(machine.top(), state);
}

function tuple(machine: PickleMachine, size: number): void {
  machine.push(Array.from({ length: size }, () => machine.pop()).reverse());
}

function append(machine: PickleMachine, values: readonly PickleValue[]): void {
  const list = machine.top();
  if (!Array.isArray(list)) throw badPickle('it appends to something that is not a list');
  for (const value of values) list.push(value);
}

function setItems(machine: PickleMachine, pairs: readonly PickleValue[]): void {
  const dictionary = machine.top();
  if (!(dictionary instanceof Map)) throw badPickle('it sets a key of something that is not a dictionary');
  if (pairs.length % 2 !== 0) throw badPickle('a dictionary key has no value');
  for (let i = 0; i < pairs.length; i += 2) dictionary.set(keyText(pairs[i]), pairs[i + 1]);
}

function keyText(key: PickleValue): string {
  if (typeof key === 'string') return key;
  if (key instanceof Uint8Array) return latin1(key);
  throw badPickle('a dictionary key is not text');
}

/** Little-endian two's complement; limited to 6 bytes, which a number represents exactly. */
function longInteger(bytes: Uint8Array): number {
  if (bytes.length > 6) throw badPickle('it holds an integer of more than 48 bits');
  return bytes.length === 0 ? 0 : Buffer.from(bytes).readIntLE(0, bytes.length);
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
