/**
 * Writes TensorFlow Lite files for tests: FlatBuffers by hand, parents before children, every field in four bytes. Positions
 * of fields: tensorflow/compiler/mlir/lite/schema/schema.fbs.
 */

export type Field =
  | { readonly byte: number }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly bytes: Uint8Array }
  | { readonly table: Fields }
  | { readonly tables: readonly Fields[] };

/** By position; null where the file leaves a field out. */
export type Fields = readonly (Field | null)[];

export interface TestTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** Of a constant. */
  readonly values?: readonly number[];
  /** Default: float32. */
  readonly type?: 'float32' | 'float16';
}

export interface TestOperator {
  /** `enum BuiltinOperator`. */
  readonly code: number;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly options?: Fields;
}

export interface TestNetwork {
  readonly tensors: readonly TestTensor[];
  readonly operators: readonly TestOperator[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export function tfliteFile(network: TestNetwork): Buffer {
  return flatBuffer('TFL3', modelFields(network));
}

export function modelFields({ tensors, operators, inputs, outputs }: TestNetwork): Fields {
  const index = (name: string) => tensors.findIndex((tensor) => tensor.name === name);
  const codes = [...new Set(operators.map(({ code }) => code))];
  const constants = tensors.filter(({ values }) => values !== undefined);
  const tensorFields = tensors.map((tensor): Fields => {
    const type = tensor.type === 'float16' ? 1 : 0;
    return [{ ints: tensor.dims }, { byte: type }, { int: 1 + constants.indexOf(tensor) }, text(tensor.name)];
  });
  const operatorFields = operators.map(({ code, inputs: from, output, options = [] }): Fields => {
    const ends = [{ ints: from.map(index) }, { ints: [index(output)] }];
    return [{ int: codes.indexOf(code) }, ...ends, null, { table: options }];
  });
  const graph: Fields = [
    { tables: tensorFields },
    { ints: inputs.map(index) },
    { ints: outputs.map(index) },
    { tables: operatorFields },
  ];
  return [
    { int: 3 },
    { tables: codes.map((code): Fields => [{ byte: code }, null, null, { int: code }]) },
    { tables: [graph] },
    null,
    { tables: [[], ...constants.map((tensor): Fields => [{ bytes: dataOf(tensor) }])] },
  ];
}

const text = (value: string): Field => ({ bytes: Buffer.from(value) });

function dataOf({ values = [], type }: TestTensor): Uint8Array {
  if (type !== 'float16') return new Uint8Array(Float32Array.from(values).buffer);
  return new Uint8Array(Uint16Array.from(values, float16).buffer);
}

/** IEEE 754 binary16 of a number that it represents exactly, of 2^-14 and more, or 0. */
function float16(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const fraction = Math.abs(value) / 2 ** exponent - 1;
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | (fraction * 1024);
}

export function flatBuffer(identifier: string, root: Fields): Buffer {
  const writer = new Writer();
  writer.reserve(4);
  writer.append(Buffer.from(identifier));
  writer.pointTo(0, writer.table(root));
  return writer.finish();
}

class Writer {
  private bytes = Buffer.alloc(1024);
  private length = 0;

  /** @returns the position of the table */
  table(fields: Fields): number {
    this.align();
    const vtable = this.reserve(4 + 2 * fields.length);
    this.align();
    const table = this.reserve(4 + 4 * fields.length);
    this.bytes.writeUInt16LE(4 + 2 * fields.length, vtable);
    this.bytes.writeUInt16LE(4 + 4 * fields.length, vtable + 2);
    this.bytes.writeInt32LE(table - vtable, table);
    fields.forEach((field, i) => {
      if (field === null) return;
      const place = table + 4 + 4 * i;
      this.bytes.writeUInt16LE(place - table, vtable + 4 + 2 * i);
      if ('byte' in field) this.bytes.writeInt8(field.byte, place);
      else if ('int' in field) this.bytes.writeInt32LE(field.int, place);
      else this.pointTo(place, this.child(field));
    });
    return table;
  }

  pointTo(place: number, target: number): void {
    this.bytes.writeUInt32LE(target - place, place);
  }

  append(bytes: Uint8Array): number {
    const at = this.reserve(bytes.length);
    this.bytes.set(bytes, at);
    return at;
  }

  /** @returns the position of so many zeros at the end */
  reserve(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) this.bytes = Buffer.concat([this.bytes, Buffer.alloc(2 * this.length)]);
    return at;
  }

  finish(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.length));
  }

  private child(field: Exclude<Field, { byte: number } | { int: number }>): number {
    if ('table' in field) return this.table(field.table);
    this.align();
    const vector = this.reserve(4);
    if ('bytes' in field) {
      this.bytes.writeUInt32LE(field.bytes.length, vector);
      this.append(field.bytes);
    } else if ('ints' in field) {
      this.bytes.writeUInt32LE(field.ints.length, vector);
      this.append(new Uint8Array(Int32Array.from(field.ints).buffer));
    } else {
      this.bytes.writeUInt32LE(field.tables.length, vector);
      const places = field.tables.map(() => this.reserve(4));
      field.tables.forEach((table, i) => this.pointTo(places[i], this.table(table)));
    }
    return vector;
  }

  private align(): void {
    this.reserve((4 - (this.length % 4)) % 4);
  }
}
