import { GraphBuilder, type Ref } from './build.js';
import { channelWeight, sameInBothLayouts, toChannelsFirst, toChannelsLast } from './layout.js';
import { operationsOf, valueName, type Input, type Operation, type Reshape, type ScaleShift } from './network.js';

/**
 * Writes a network as ONNX: images NCHW inside, and one transpose behind the input, which is fed NHWC.
 * @param outputName the name of the output, [N, D]
 * @throws Error when the output is not one vector an image; check its dims first.
 */
export function emitNetwork(output: Operation, outputName: string): Uint8Array {
  if (output.dims.length !== 2) throw new Error('the output is not one vector an image');
  const builder = new GraphBuilder(outputName);
  const refs = new Map<Operation, Ref>();
  for (const operation of operationsOf(output)) {
    const inputs = operation.inputs.map((input) => refs.get(input)!);
    refs.set(operation, emit(builder, operation, inputs));
  }
  builder.output(outputName, refs.get(output)!, ['N', output.dims[1]]);
  return builder.finish();
}

function emit(builder: GraphBuilder, operation: Operation, inputs: readonly Ref[]): Ref {
  switch (operation.kind) {
    case 'input':
      return emitInput(builder, operation);
    case 'linear':
      return operation.emit(builder, inputs[0], operation.affine);
    case 'scale-shift':
      return emitScaleShift(builder, operation, inputs[0]);
    case 'reshape':
      return emitReshape(builder, operation, inputs[0]);
    case 'plain':
      return operation.emit(builder, inputs);
  }
}

function emitInput(builder: GraphBuilder, { name, dims }: Input): Ref {
  const input = builder.input(name, ['N', ...(dims.slice(1) as number[])]);
  return dims.length === 4 ? toChannelsFirst(builder, input, name) : input;
}

function emitScaleShift(builder: GraphBuilder, { name, dims, affine }: ScaleShift, input: Ref): Ref {
  const step = (op: string, values: Float64Array, of: Ref): Ref => {
    const weight = channelWeight(builder, valueName(name, `${op}Weight`), dims.length, values);
    return builder.node(op, [of, weight], {}, valueName(name, op));
  };
  const scaled = affine.scale === null ? input : step('Mul', affine.scale, input);
  return affine.shift === null ? scaled : step('Add', affine.shift, scaled);
}

/** A reshape counts values in TensorFlow's order, so an image of several pixels goes back to NHWC for it. */
function emitReshape(builder: GraphBuilder, { name, dims, inputs: [source] }: Reshape, input: Ref): Ref {
  const ordered = sameInBothLayouts(source.dims) ? input : toChannelsLast(builder, input, name);
  const [, ...sizes] = dims as readonly number[];
  const onePixel = dims.length === 4 && sameInBothLayouts(dims);
  const shape = builder.ints(valueName(name, 'Shape'), onePixel ? [-1, sizes[2], 1, 1] : [-1, ...sizes]);
  const reshaped = builder.node('Reshape', [ordered, shape], {}, valueName(name, 'Reshape'));
  return sameInBothLayouts(dims) ? reshaped : toChannelsFirst(builder, reshaped, name);
}
