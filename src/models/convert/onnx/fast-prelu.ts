import { type EditedNode, GraphEditor, intAttribute, intsAttribute, isStandard } from './graph-editor.js';
import { padChannels } from './pad-channels.js';

/**
 * Rewrites PRelu as ONNX Runtime's CPU kernels like it. Its own kernel (1.30) is a plain loop over the usual layout, which
 * takes more than half the time of MTCNN, MobileFaceNet and MiniFASNet. After a convolution, x where positive and slope·x
 * elsewhere, one slope a channel, becomes x + (1 − slope)·relu(−x) with the factors as 1×1 depthwise convolutions: they are
 * fused with relu and sum and run in the blocked layout of the other convolutions. That layout takes depthwise
 * convolutions of whole blocks of channels only, so channels are filled up with zeros (see {@link padChannels}).
 * Results differ by rounding. Other PRelus stay, and so does a model without one.
 * @param onnx a model of any program; what is no usable model comes back as it is
 */
export function withFastPrelu(onnx: Uint8Array): Uint8Array {
  if (!hasPrelu(onnx)) return onnx;
  const graph = GraphEditor.open(onnx);
  if (graph === null) return onnx;
  const slopes = new Map<EditedNode, Float32Array>();
  for (const node of graph.nodes) {
    const perChannel = slopesOf(graph, node);
    if (perChannel !== null) slopes.set(node, perChannel);
  }
  if (slopes.size === 0) return onnx;
  padChannels(graph, slopes);
  graph.replaceNodes((node) => {
    const perChannel = slopes.get(node);
    return perChannel === undefined ? [node] : asConvolutions(graph, node, perChannel);
  });
  return graph.finish();
}

/** Whether the bytes name the operator at all. */
export function hasPrelu(onnx: Uint8Array): boolean {
  return Buffer.from(onnx.buffer, onnx.byteOffset, onnx.byteLength).includes('PRelu');
}

/** @returns one slope a channel; null where the node is no PRelu of maps that a convolution made */
function slopesOf(graph: GraphEditor, node: EditedNode): Float32Array | null {
  if (node.op_type !== 'PRelu' || !isStandard(node)) return null;
  const channels = channelsOf(graph, node.input[0]);
  const slope = graph.weight(node.input[1]);
  if (channels === null || slope === null) return null;
  const { dims, values } = slope;
  if (values.length === 1) return new Float32Array(channels).fill(values[0]);
  const perChannel = [`${channels},1,1`, `1,${channels},1,1`].includes(String(dims));
  return perChannel ? values : null;
}

/** Operators that keep the channels of their first input. */
const KEEP_CHANNELS = ['BatchNormalization', 'MaxPool'];

/** Channels of the map that a convolution and no other layer but {@link KEEP_CHANNELS} made. */
function channelsOf(graph: GraphEditor, value: string): number | null {
  const seen = new Set<EditedNode>();
  let maker = graph.makerOf(value);
  while (maker !== undefined && isStandard(maker) && KEEP_CHANNELS.includes(maker.op_type) && !seen.has(maker)) {
    seen.add(maker);
    maker = graph.makerOf(maker.input[0]);
  }
  if (maker?.op_type !== 'Conv' || !isStandard(maker)) return null;
  const weight = graph.weight(maker.input[1]);
  return weight?.dims.length === 4 ? weight.dims[0] : null;
}

function asConvolutions(graph: GraphEditor, { name, input, output }: EditedNode, slopes: Float32Array): EditedNode[] {
  const [x] = input;
  const channels = slopes.length;
  const node = (op_type: string, stage: string, inputs: string[], value = graph.freeName(`${output[0]}/${stage}`)) => {
    const isScale = op_type === 'Conv';
    const attribute = isScale ? [intAttribute('group', channels), intsAttribute('kernel_shape', [1, 1])] : [];
    return { op_type, name: graph.freeName(`${name}/${stage}`), attribute, input: inputs, output: [value] };
  };
  const factors = (key: string, make: (values: Float32Array) => Float32Array) =>
    graph.addWeight(key, () => ({ dims: [channels, 1, 1, 1], values: make(new Float32Array(channels)) }));
  const minusOnes = factors(`minus-ones/${channels}`, (values) => values.fill(-1));
  const shares = factors(`${output[0]}/factors`, (values) => values.map((_, c) => 1 - slopes[c]));
  const negated = node('Conv', 'negated', [x, minusOnes]);
  const negative = node('Relu', 'negative', negated.output);
  const scaled = node('Conv', 'scaled', [...negative.output, shares]);
  return [negated, negative, scaled, node('Add', 'sum', [...scaled.output, x], output[0])];
}
