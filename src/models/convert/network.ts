import type { GraphBuilder, Ref } from './build.js';

/**
 * A network between its file and ONNX: operations over activations, channels last as TensorFlow has them, with every
 * shape known but the batch. The passes rewrite it; `emit.ts` writes it out channels first.
 */

/** Dimensions channels last: the free batch (null), then for images height, width, channels. */
export type Dims = readonly [null, ...number[]];

/** `scale * x + shift` per channel, as float64; null stands for all ones and all zeros. */
export interface Affine {
  readonly scale: Float64Array | null;
  readonly shift: Float64Array | null;
}

interface Common {
  /** Unique in the network; the name that the file gives it. */
  readonly name: string;
  readonly inputs: readonly Operation[];
  readonly dims: Dims;
}

/** What the network is fed. */
export interface Input extends Common {
  readonly kind: 'input';
}

/** Linear in its only input, so that an affine step behind it can become part of its weights. */
export interface Linear extends Common {
  readonly kind: 'linear';
  /** Applied to the result, per output channel. */
  readonly affine: Affine;
  /** How many weights it will write. */
  readonly weightCount: number;
  readonly emit: (builder: GraphBuilder, input: Ref, affine: Affine) => Ref;
}

/** A step of its own that scales and shifts the channels. */
export interface ScaleShift extends Common {
  readonly kind: 'scale-shift';
  readonly affine: Affine;
}

/** The same values in the same order under new dimensions; the batch stays first. */
export interface Reshape extends Common {
  readonly kind: 'reshape';
}

/** Anything else: knows only how to write itself. */
export interface Plain extends Common {
  readonly kind: 'plain';
  /** @param inputs what the inputs became: NCHW where they have four dimensions, as they are elsewhere. */
  readonly emit: (builder: GraphBuilder, inputs: readonly Ref[]) => Ref;
}

export type Operation = Input | Linear | ScaleShift | Reshape | Plain;

export const IDENTITY: Affine = { scale: null, shift: null };

/** The step that does `first` and then `second`. */
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

/** The name of an ONNX value: TensorFlow allows no colon in a node's name, so it cannot meet an input or output. */
export function valueName(operation: string, part: string): string {
  return `${operation}:${part}`;
}

/** Every operation that the output needs, inputs before their users. Does not recurse: networks may be deep. */
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
 * Rebuilds the network from its inputs on. `rewrite` gets each operation with its inputs already rewritten and returns
 * what takes its place.
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
