import type { GraphBuilder, Ref } from '../onnx/graph-builder.js';

/**
 * The intermediate representation between GraphDef and ONNX: operations on activations, channels last as in TensorFlow,
 * with all shapes known except the batch. The passes rewrite it; `convert.ts` writes it channels first.
 */

/** Dimensions, channels last: the dynamic batch (null), then height, width, channels for images. */
export type Dims = readonly [null, ...number[]];

/** `scale * x + shift` per channel, float64; null means all ones and all zeros. */
export interface Affine {
  readonly scale: Float64Array | null;
  readonly shift: Float64Array | null;
}

interface Common {
  /** Unique in the network: the name in the file. */
  readonly name: string;
  readonly inputs: readonly Operation[];
  readonly dims: Dims;
}

/** The input of the network. */
export interface Input extends Common {
  readonly kind: 'input';
}

/** Linear in its only input, so a following scale and shift can be folded into its weights. */
export interface Linear extends Common {
  readonly kind: 'linear';
  /** Applied to the result, per output channel. */
  readonly affine: Affine;
  /** Number of weights it writes. */
  readonly weightCount: number;
  readonly emit: (builder: GraphBuilder, input: Ref, affine: Affine) => Ref;
}

/** A scale and shift per channel. */
export interface ScaleShift extends Common {
  readonly kind: 'scale-shift';
  readonly affine: Affine;
}

/** The same values in the same order with other dimensions; the batch stays first. */
export interface Reshape extends Common {
  readonly kind: 'reshape';
}

/** Any other operation. */
export interface Plain extends Common {
  readonly kind: 'plain';
  /** @param inputs NCHW if they have four dimensions, otherwise unchanged */
  readonly emit: (builder: GraphBuilder, inputs: readonly Ref[]) => Ref;
}

export type Operation = Input | Linear | ScaleShift | Reshape | Plain;

export const IDENTITY: Affine = { scale: null, shift: null };

/** `first` followed by `second`. */
export function compose(first: Affine, second: Affine): Affine {
  const { scale, shift } = second;
  const scaled = (values: Float64Array | null): Float64Array | null =>
    scale === null || values === null ? values : values.map((value, c) => value * scale[c]);
  const firstShift = scaled(first.shift);
  return {
    scale: first.scale === null ? scale : scaled(first.scale),
    shift:
      firstShift === null || shift === null ? (firstShift ?? shift) : firstShift.map((value, c) => value + shift[c]),
  };
}

/** The number of channels: the last dimension. */
export function channelsOf({ dims }: Operation): number {
  return dims.length > 1 ? dims[dims.length - 1]! : 1;
}

/**
 * The name of an ONNX value. TensorFlow allows no colon in node names, so it cannot collide with an input or output.
 */
export function valueName(operation: string, part: string): string {
  return `${operation}:${part}`;
}

/** All operations that the output depends on, in topological order. Iterative, because networks may be deep. */
export function operationsOf(output: Operation): Operation[] {
  const order: Operation[] = [];
  const done = new Set<Operation>();
  const stack: { operation: Operation; next: number }[] = [{ operation: output, next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.next < top.operation.inputs.length) {
      const input = top.operation.inputs[top.next++];
      if (!done.has(input)) stack.push({ operation: input, next: 0 });
      continue;
    }
    stack.pop();
    done.add(top.operation);
    order.push(top.operation);
  }
  return order;
}

/**
 * Rebuilds the network from its inputs. `rewrite` gets each operation with rewritten inputs and returns a replacement.
 */
export function rewriteNetwork(output: Operation, rewrite: (operation: Operation) => Operation): Operation {
  const rewritten = new Map<Operation, Operation>();
  for (const operation of operationsOf(output)) {
    const inputs = operation.inputs.map((input) => rewritten.get(input)!);
    const unchanged = inputs.every((input, i) => input === operation.inputs[i]);
    rewritten.set(operation, rewrite(unchanged ? operation : { ...operation, inputs }));
  }
  return rewritten.get(output)!;
}

/** The position of each NHWC dimension in NCHW. */
const NCHW_AXIS = [0, 2, 3, 1];

/** The axis of the emitted tensor for a TensorFlow axis: only tensors of four dimensions are transposed. */
export function onnxAxis(rank: number, axis: number): number {
  return rank === 4 ? NCHW_AXIS[axis] : axis;
}

/** NHWC to NCHW. */
export function toChannelsFirst(builder: GraphBuilder, image: Ref, name: string): Ref {
  return builder.node('Transpose', [image], { perm: { ints: [0, 3, 1, 2] } }, valueName(name, 'ToChannelsFirst'));
}

/** NCHW to NHWC. */
export function toChannelsLast(builder: GraphBuilder, image: Ref, name: string): Ref {
  return builder.node('Transpose', [image], { perm: { ints: [0, 2, 3, 1] } }, valueName(name, 'ToChannelsLast'));
}

/** Whether both layouts have the same values in the same order: not an image, or a single pixel. */
export function sameInBothLayouts(dims: Dims): boolean {
  return dims.length !== 4 || dims[1] * dims[2] === 1;
}

/** One value per channel, shaped to broadcast to an emitted tensor of `rank` dimensions. */
export function channelWeight(builder: GraphBuilder, name: string, rank: number, values: Float64Array): Ref {
  const dims = rank === 4 ? [values.length, 1, 1] : rank === 1 ? [] : [values.length];
  return builder.weight(name, dims, Float32Array.from(values));
}
