import protobuf from 'protobufjs';

/**
 * Writes TensorFlow GraphDefs for tests, field by field from tensorflow/core/framework/*.proto, so that nothing of the
 * parser under test has a hand in its own input.
 */
export type Attribute =
  | string
  | boolean
  | readonly number[]
  | { readonly int: number }
  | { readonly float: number }
  | { readonly tensor: Uint8Array };

export interface TensorOptions {
  /** DataType: 1 float32, 2 float64, 3 int32, 9 int64, 10 bool, 19 half. */
  readonly dtype?: number;
  /** `content` writes raw bytes, `listed` the `*_val` field of the type. */
  readonly as?: 'content' | 'listed';
}

const LENGTH_DELIMITED = 2;
const tag = (field: number, wireType: number): number => (field << 3) | wireType;

function message(build: (writer: protobuf.Writer) => void): Uint8Array {
  const writer = protobuf.Writer.create();
  build(writer);
  return writer.finish();
}

function contentOf(dtype: number, values: readonly number[]): Uint8Array {
  const array =
    dtype === 1
      ? Float32Array.from(values)
      : dtype === 2
        ? Float64Array.from(values)
        : dtype === 3
          ? Int32Array.from(values)
          : dtype === 9
            ? BigInt64Array.from(values, BigInt)
            : Uint8Array.from(values);
  return new Uint8Array(array.buffer);
}

function writeListed(writer: protobuf.Writer, dtype: number, values: readonly number[]): void {
  const [field, write] = {
    1: [5, (packed: protobuf.Writer, value: number) => packed.float(value)],
    2: [6, (packed: protobuf.Writer, value: number) => packed.double(value)],
    3: [7, (packed: protobuf.Writer, value: number) => packed.int32(value)],
    9: [10, (packed: protobuf.Writer, value: number) => packed.int64(value)],
    10: [11, (packed: protobuf.Writer, value: number) => packed.bool(value !== 0)],
    19: [13, (packed: protobuf.Writer, value: number) => packed.int32(value)],
  }[dtype] as [number, (packed: protobuf.Writer, value: number) => void];
  writer
    .uint32(tag(field, LENGTH_DELIMITED))
    .bytes(message((packed) => values.forEach((value) => write(packed, value))));
}

/** A TensorProto. `values` may be fewer than `dims` hold. */
export function tensor(dims: readonly number[], values: readonly number[], options: TensorOptions = {}): Uint8Array {
  const { dtype = 1, as = 'content' } = options;
  const shape = message((writer) => {
    for (const size of dims) writer.uint32(tag(2, LENGTH_DELIMITED)).bytes(message((dim) => dim.uint32(8).int64(size)));
  });
  return message((writer) => {
    writer.uint32(8).int32(dtype).uint32(tag(2, LENGTH_DELIMITED)).bytes(shape);
    if (as === 'content') writer.uint32(tag(4, LENGTH_DELIMITED)).bytes(contentOf(dtype, values));
    else writeListed(writer, dtype, values);
  });
}

function attributeValue(attribute: Attribute): Uint8Array {
  return message((writer) => {
    if (typeof attribute === 'string') writer.uint32(tag(2, LENGTH_DELIMITED)).bytes(Buffer.from(attribute));
    else if (typeof attribute === 'boolean') writer.uint32(tag(5, 0)).bool(attribute);
    else if ('int' in attribute) writer.uint32(tag(3, 0)).int64(attribute.int);
    else if ('float' in attribute) writer.uint32(tag(4, 5)).float(attribute.float);
    else if ('tensor' in attribute) writer.uint32(tag(8, LENGTH_DELIMITED)).bytes(attribute.tensor);
    else {
      const list = message((values) => attribute.forEach((value) => values.uint32(tag(3, 0)).int64(value)));
      writer.uint32(tag(1, LENGTH_DELIMITED)).bytes(list);
    }
  });
}

/** A NodeDef. */
export function node(
  name: string,
  op: string,
  inputs: readonly string[] = [],
  attributes: Readonly<Record<string, Attribute>> = {},
): Uint8Array {
  return message((writer) => {
    writer.uint32(tag(1, LENGTH_DELIMITED)).string(name).uint32(tag(2, LENGTH_DELIMITED)).string(op);
    for (const input of inputs) writer.uint32(tag(3, LENGTH_DELIMITED)).string(input);
    for (const [key, attribute] of Object.entries(attributes)) {
      const entry = message((map) =>
        map
          .uint32(tag(1, LENGTH_DELIMITED))
          .string(key)
          .uint32(tag(2, LENGTH_DELIMITED))
          .bytes(attributeValue(attribute)),
      );
      writer.uint32(tag(5, LENGTH_DELIMITED)).bytes(entry);
    }
  });
}

/** A Const node of float32 values. */
export function floats(name: string, dims: readonly number[], values: readonly number[]): Uint8Array {
  return node(name, 'Const', [], { value: { tensor: tensor(dims, values) } });
}

/** A Const node: a list of int32, or one number without dimensions. */
export function ints(name: string, values: readonly number[] | number): Uint8Array {
  const [dims, list] = typeof values === 'number' ? [[], [values]] : [[values.length], values];
  return node(name, 'Const', [], { value: { tensor: tensor(dims, list, { dtype: 3 }) } });
}

/** A GraphDef. */
export function graphDef(nodes: readonly Uint8Array[]): Uint8Array {
  return message((writer) => nodes.forEach((bytes) => writer.uint32(tag(1, LENGTH_DELIMITED)).bytes(bytes)));
}
