import type { WeightMap } from './weights-manifest.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import {
  add,
  conv2d,
  relu,
  standardise,
  readWeight,
  readDepthwiseFilters,
  readFilters,
  type FeatureMap,
} from './layers.js';

/** Side of the square input, pixels. */
export const LANDMARKS_INPUT_SIZE_PX = 112;

/** Source: @vladmandic/face-api, src/faceFeatureExtractor/FaceFeatureExtractor.ts (`meanRgb`, then `div(255)`). */
const MEAN_RGB = [122.782, 117.001, 104.298];
const DIVISOR = 255;
/** Output channels of the four dense blocks. Source: src/faceFeatureExtractor/extractParams.ts. */
const BLOCK_CHANNELS = [32, 64, 128, 256];
const OUTPUTS = 136;

/**
 * Converts face-api's FaceLandmark68Net: four dense blocks of separable convolutions, average pooling, one fully
 * connected layer. Ports src/faceFeatureExtractor and src/faceLandmarkNet of @vladmandic/face-api without
 * `postProcess`, which converts positions in the padded square to positions in the crop and needs its size.
 *
 * - input `pixels` [N, 3, 112, 112]: R G B, 0..255, the face padded to a square with black; standardised in the graph
 * - output `points` [N, 136]: x0 y0 … x67 y67 in iBUG order, as fractions of the square
 *
 * @returns ONNX bytes
 * @throws RostroError `bad_model_file`, naming the tensor that is missing or has another shape
 */
export function convertLandmarks68(weights: WeightMap): Uint8Array {
  const graph = new GraphBuilder('face-api-landmarks68');
  const pixels = graph.input('pixels', ['N', 3, LANDMARKS_INPUT_SIZE_PX, LANDMARKS_INPUT_SIZE_PX]);
  let x: FeatureMap = {
    ref: standardise(graph, pixels, MEAN_RGB, DIVISOR),
    channels: 3,
    size: LANDMARKS_INPUT_SIZE_PX,
  };
  BLOCK_CHANNELS.forEach((channels, block) => {
    x = denseBlock(graph, weights, `dense${block}`, x, channels);
  });
  // After four halvings the map is 7×7; face-api averages it with one 7×7 window.
  const features = graph.node('Flatten', [graph.node('GlobalAveragePool', [x.ref])]);
  const full = graph.weight(
    'fc/weights',
    [x.channels, OUTPUTS],
    readWeight(weights, 'fc/weights', [x.channels, OUTPUTS]),
  );
  const bias = graph.weight('fc/bias', [OUTPUTS], readWeight(weights, 'fc/bias', [OUTPUTS]));
  graph.output('points', graph.node('Gemm', [features, full, bias]), ['N', OUTPUTS]);
  return graph.finish();
}

/** Four convolutions; the input of each is the ReLU of the sum of all previous ones. The first halves the size. */
function denseBlock(graph: GraphBuilder, weights: WeightMap, name: string, x: FeatureMap, out: number): FeatureMap {
  const halved =
    x.channels === 3 ? firstConv(graph, weights, x, out) : separableConv(graph, weights, `${name}/conv0`, x, out, 2);
  let sum = relu(graph, halved);
  let rectified = sum;
  for (const index of [1, 2, 3]) {
    sum = add(graph, sum, separableConv(graph, weights, `${name}/conv${index}`, rectified, out, 1));
    rectified = relu(graph, sum);
  }
  return rectified;
}

function firstConv(graph: GraphBuilder, weights: WeightMap, x: FeatureMap, out: number): FeatureMap {
  const filters = readFilters(weights, 'dense0/conv0/filters', 3, x.channels, out);
  const bias = readWeight(weights, 'dense0/conv0/bias', [out]);
  return conv2d(graph, 'dense0/conv0', x, { filters, bias }, { out, kernel: 3, stride: 2, padding: 'same' });
}

function separableConv(
  graph: GraphBuilder,
  weights: WeightMap,
  name: string,
  x: FeatureMap,
  out: number,
  stride: number,
): FeatureMap {
  const depthwise = conv2d(
    graph,
    `${name}/depthwise`,
    x,
    { filters: readDepthwiseFilters(weights, `${name}/depthwise_filter`, x.channels) },
    { out: x.channels, kernel: 3, stride, padding: 'same', depthwise: true },
  );
  const filters = readFilters(weights, `${name}/pointwise_filter`, 1, x.channels, out);
  const bias = readWeight(weights, `${name}/bias`, [out]);
  return conv2d(
    graph,
    `${name}/pointwise`,
    depthwise,
    { filters, bias },
    { out, kernel: 1, stride: 1, padding: 'same' },
  );
}
