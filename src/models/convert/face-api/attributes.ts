import type { WeightMap } from './weights-manifest.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import { averaged, DENSE_FEATURES, denseFeatures, SMALL_INPUT_SIZE_PX, smallInput } from './feature-extractor.js';
import {
  add,
  conv2d,
  fullyConnected,
  readFilters,
  readWeight,
  relu,
  separableConv,
  type FeatureMap,
} from './layers.js';

/** Side of the square input of both networks, pixels. */
export const ATTRIBUTES_INPUT_SIZE_PX = SMALL_INPUT_SIZE_PX;

const EXPRESSIONS = 7;

/**
 * Converts face-api's FaceExpressionNet. Ports src/faceFeatureExtractor and src/faceExpressionNet of
 * @vladmandic/face-api.
 *
 * - input `pixels` [N, 3, 112, 112]: R G B, 0..255, the face padded to a square with black; standardised in the graph
 * - output `expressions` [N, 7]: probabilities in the order of its `FACE_EXPRESSION_LABELS`; their sum is 1
 *
 * @returns ONNX bytes
 * @throws RostroError `bad_model_file`, naming the tensor that is missing or has another shape
 */
export function convertExpression(weights: WeightMap): Uint8Array {
  const graph = new GraphBuilder('face-api-expression');
  const features = denseFeatures(graph, weights, smallInput(graph));
  const scores = fullyConnected(graph, weights, 'fc', features, [DENSE_FEATURES, EXPRESSIONS]);
  graph.output('expressions', graph.node('Softmax', [scores], { axis: { int: 1 } }), ['N', EXPRESSIONS]);
  return graph.finish();
}

/** Source: AgeGenderNet's `new TinyXception(2)`. */
const MAIN_BLOCKS = ['main_block_0', 'main_block_1'];
const XCEPTION_FEATURES = 512;

/**
 * Converts face-api's AgeGenderNet: a small Xception with two heads. Ports src/xception and src/ageGenderNet of
 * @vladmandic/face-api.
 *
 * - input `pixels`: as that of {@link convertExpression}
 * - output `ageGender` [N, 3]: age in years, probability of male, probability of female; the two have the sum 1
 *
 * @returns ONNX bytes
 * @throws RostroError `bad_model_file`, naming the tensor that is missing or has another shape
 */
export function convertAgeGender(weights: WeightMap): Uint8Array {
  const graph = new GraphBuilder('face-api-age-gender');
  let x = relu(graph, plainConv(graph, weights, 'entry_flow/conv_in', smallInput(graph), 32, 3));
  x = reductionBlock(graph, weights, 'entry_flow/reduction_block_0', x, 64, false);
  x = reductionBlock(graph, weights, 'entry_flow/reduction_block_1', x, 128);
  for (const block of MAIN_BLOCKS) x = mainBlock(graph, weights, `middle_flow/${block}`, x);
  x = reductionBlock(graph, weights, 'exit_flow/reduction_block', x, 256);
  x = relu(graph, separableConv(graph, weights, 'exit_flow/separable_conv', x, XCEPTION_FEATURES, 1));
  const features = averaged(graph, x);
  const age = fullyConnected(graph, weights, 'fc/age', features, [XCEPTION_FEATURES, 1]);
  const scores = fullyConnected(graph, weights, 'fc/gender', features, [XCEPTION_FEATURES, 2]);
  const gender = graph.node('Softmax', [scores], { axis: { int: 1 } });
  graph.output('ageGender', graph.node('Concat', [age, gender], { axis: { int: 1 } }), ['N', 3]);
  return graph.finish();
}

/** Two separable convolutions and max pooling, beside a 1×1 convolution; both halve the size. */
function reductionBlock(
  graph: GraphBuilder,
  weights: WeightMap,
  name: string,
  x: FeatureMap,
  out: number,
  activatesInput = true,
): FeatureMap {
  const first = separableConv(graph, weights, `${name}/separable_conv0`, activatesInput ? relu(graph, x) : x, out, 1);
  const second = separableConv(graph, weights, `${name}/separable_conv1`, relu(graph, first), out, 1);
  return add(graph, halved(graph, second), plainConv(graph, weights, `${name}/expansion_conv`, x, out, 1));
}

function mainBlock(graph: GraphBuilder, weights: WeightMap, name: string, x: FeatureMap): FeatureMap {
  const inner = [0, 1, 2].reduce(
    (map, i) => separableConv(graph, weights, `${name}/separable_conv${i}`, relu(graph, map), x.channels, 1),
    x,
  );
  return add(graph, inner, x);
}

/** A convolution with stride 2: the tensors `filters` and `bias`. */
function plainConv(
  graph: GraphBuilder,
  weights: WeightMap,
  name: string,
  x: FeatureMap,
  out: number,
  kernel: number,
): FeatureMap {
  const filters = readFilters(weights, `${name}/filters`, kernel, x.channels, out);
  const bias = readWeight(weights, `${name}/bias`, [out]);
  return conv2d(graph, name, x, { filters, bias }, { out, kernel, stride: 2, padding: 'same' });
}

/** 3×3 max pooling with stride 2 of a map of even size; as in TensorFlow, one row and column of padding at the end. */
function halved(graph: GraphBuilder, x: FeatureMap): FeatureMap {
  const attributes = {
    kernel_shape: { ints: [3, 3] },
    strides: { ints: [2, 2] },
    pads: { ints: [0, 0, 1, 1] },
  };
  return { ...x, ref: graph.node('MaxPool', [x.ref], attributes), size: x.size / 2 };
}
