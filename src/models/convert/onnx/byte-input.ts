import { type EditedNode, GraphEditor, intAttribute, intOf, intsAttribute, isStandard } from './graph-editor.js';
import { FLOAT, UINT8 } from './onnx.js';

/** Name of the input of bytes. */
export const BYTE_INPUT = 'rgb_bytes';

/**
 * Feeds a network that reads B G R planes of float32, 0..255, with the R G B bytes of a picture instead: uint8 (batch,
 * height, width, 3) in `BYTE_INPUT`. The order of the colours goes into the weights of the first convolution, so results
 * differ by rounding.
 * @returns null where the first layer is no ordinary convolution of three channels
 */
export function withByteInput(onnx: Uint8Array, input: string): Uint8Array | null {
  const graph = GraphEditor.open(onnx);
  if (graph === null) return null;
  const [first, ...others] = graph.readersOf(input);
  if (others.length > 0 || !isConvolution(graph, first, input)) return null;
  const weight = graph.weight(first.input[1])!;
  const planes = graph.freeName('rgb_planes');
  const values = graph.freeName('rgb_values');
  const node = (op_type: string, from: string, to: string, attribute: EditedNode['attribute']): EditedNode => {
    return { op_type, name: to, attribute, input: [from], output: [to] };
  };
  // ONNX Runtime transposes bytes much faster than float32.
  const transpose = node('Transpose', BYTE_INPUT, planes, [intsAttribute('perm', [0, 3, 1, 2])]);
  const cast = node('Cast', planes, values, [intAttribute('to', FLOAT)]);
  const { dims } = weight;
  first.input = [
    values,
    graph.addWeight(`${first.input[1]}/rgb`, () => ({ dims, values: reversed(weight.values, dims[2] * dims[3]) })),
    ...first.input.slice(2),
  ];
  graph.replaceNodes((each) => (each === first ? [transpose, cast, first] : [each]));
  graph.replaceInput(input, { name: BYTE_INPUT, type: UINT8, dims: ['batch', 'height', 'width', 3] });
  return graph.finish();
}

function isConvolution(graph: GraphEditor, node: EditedNode | undefined, input: string): boolean {
  if (node?.op_type !== 'Conv' || !isStandard(node) || node.input[0] !== input) return false;
  const weight = graph.weight(node.input[1]);
  return weight?.dims.length === 4 && weight.dims[1] === 3 && intOf(node, 'group', 1) === 1;
}

/** The three kernels of each filter in reverse order. */
function reversed(values: Float32Array, kernel: number): Float32Array {
  return values.map((_, i) => {
    const channel = Math.floor(i / kernel) % 3;
    return values[i + 2 * (1 - channel) * kernel];
  });
}
