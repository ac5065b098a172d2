import type { WeightMap } from './weights-manifest.js';
import { GraphBuilder, type Ref } from '../onnx/graph-builder.js';
import { add, conv2d, foldScale, relu, standardise, readWeight, readFilters, type FeatureMap } from './layers.js';

/** Side of the square input, pixels. */
export const DESCRIPTOR_INPUT_SIZE_PX = 150;
/** Number of values of a descriptor. */
export const DESCRIPTOR_DIMENSION = 128;

/** Source: @vladmandic/face-api, src/faceRecognitionNet/FaceRecognitionNet.ts (`meanRgb`, then `div(255)`). */
const MEAN_RGB = [122.782, 117.001, 104.298];
const DIVISOR = 255;

/** The residual blocks in order; `_down` blocks halve the size. Source: FaceRecognitionNet.forwardInput. */
const BLOCKS = [
  ...['conv32_1', 'conv32_2', 'conv32_3'],
  ...['conv64_down', 'conv64_1', 'conv64_2', 'conv64_3'],
  ...['conv128_down', 'conv128_1', 'conv128_2'],
  ...['conv256_down', 'conv256_1', 'conv256_2', 'conv256_down_out'],
];

/**
 * Converts face-api's FaceRecognitionNet, which is dlib's ResNet-29 for faces. Ports src/faceRecognitionNet of
 * @vladmandic/face-api; the scale layer after each convolution is folded into it.
 *
 * - input `pixels` [N, 3, 150, 150]: R G B, 0..255, the aligned face padded to a square with black; standardised in the
 *   graph
 * - output `descriptors` [N, 128]: not of unit length, as dlib and face-api compare them
 *
 * @returns ONNX bytes
 * @throws RostroError `bad_model_file`, naming the tensor that is missing or has another shape
 */
export function convertDescriptor(weights: WeightMap): Uint8Array {
  const graph = new GraphBuilder('face-api-descriptor');
  const pixels = graph.input('pixels', ['N', 3, DESCRIPTOR_INPUT_SIZE_PX, DESCRIPTOR_INPUT_SIZE_PX]);
  const input: FeatureMap = {
    ref: standardise(graph, pixels, MEAN_RGB, DIVISOR),
    channels: 3,
    size: DESCRIPTOR_INPUT_SIZE_PX,
  };
  let x = maxPool(graph, relu(graph, scaledConv(graph, weights, 'conv32_down', input, 32, 7, 2)));
  for (const block of BLOCKS) x = residual(graph, weights, block, x);

  const features = graph.node('Flatten', [graph.node('GlobalAveragePool', [x.ref])]);
  const dims = [x.channels, DESCRIPTOR_DIMENSION];
  const full = graph.weight('fc', dims, readWeight(weights, 'fc', dims));
  graph.output('descriptors', graph.node('MatMul', [features, full]), ['N', DESCRIPTOR_DIMENSION]);
  return graph.finish();
}

/** A convolution with its scale layer; only convolutions with stride 2 are unpadded. */
function scaledConv(
  graph: GraphBuilder,
  weights: WeightMap,
  name: string,
  x: FeatureMap,
  out: number,
  kernel: number,
  stride: number,
): FeatureMap {
  const folded = foldScale(
    {
      filters: readFilters(weights, `${name}/conv/filters`, kernel, x.channels, out),
      bias: readWeight(weights, `${name}/conv/bias`, [out]),
    },
    readWeight(weights, `${name}/scale/weights`, [out]),
    readWeight(weights, `${name}/scale/biases`, [out]),
  );
  return conv2d(graph, name, x, folded, { out, kernel, stride, padding: stride === 1 ? 'same' : 'valid' });
}

/** @param name `conv<channels>_…` */
function residual(graph: GraphBuilder, weights: WeightMap, name: string, x: FeatureMap): FeatureMap {
  const halves = name.includes('_down');
  const out = Number(/\d+/.exec(name)?.[0]);
  const inner = relu(graph, scaledConv(graph, weights, `${name}/conv1`, x, out, 3, halves ? 2 : 1));
  const branch = scaledConv(graph, weights, `${name}/conv2`, inner, out, 3, 1);
  return relu(graph, halves ? addPadded(graph, averagePool(graph, x), branch) : add(graph, x, branch));
}

/** Adds two maps, each zero-padded at the end (channels, rows and columns) to the larger size. */
function addPadded(graph: GraphBuilder, a: FeatureMap, b: FeatureMap): FeatureMap {
  const channels = Math.max(a.channels, b.channels);
  const size = Math.max(a.size, b.size);
  return add(graph, padTo(graph, a, channels, size), padTo(graph, b, channels, size));
}

function padTo(graph: GraphBuilder, x: FeatureMap, channels: number, size: number): FeatureMap {
  if (x.channels === channels && x.size === size) return x;
  const edge = size - x.size;
  const pads = graph.ints('pads', [0, 0, 0, 0, 0, channels - x.channels, edge, edge]);
  return { ref: graph.node('Pad', [x.ref, pads]), channels, size };
}

function maxPool(graph: GraphBuilder, x: FeatureMap): FeatureMap {
  return { ...x, ref: pool(graph, 'MaxPool', x.ref, 3), size: Math.floor((x.size - 3) / 2) + 1 };
}

function averagePool(graph: GraphBuilder, x: FeatureMap): FeatureMap {
  return { ...x, ref: pool(graph, 'AveragePool', x.ref, 2), size: Math.floor(x.size / 2) };
}

function pool(graph: GraphBuilder, op: 'MaxPool' | 'AveragePool', x: Ref, kernel: number): Ref {
  return graph.node(op, [x], { kernel_shape: { ints: [kernel, kernel] }, strides: { ints: [2, 2] } });
}
