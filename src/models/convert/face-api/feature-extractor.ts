import type { WeightMap } from './weights-manifest.js';
import type { GraphBuilder, Ref } from '../onnx/graph-builder.js';
import { add, conv2d, relu, separableConv, standardise, readWeight, readFilters, type FeatureMap } from './layers.js';

/** Side of the square input of face-api's small networks, pixels. */
export const SMALL_INPUT_SIZE_PX = 112;

/**
 * The same in both feature extractors. Source: @vladmandic/face-api, src/faceFeatureExtractor/FaceFeatureExtractor.ts and
 * src/xception/TinyXception.ts (`meanRgb`, then `div(255)`).
 */
const MEAN_RGB = [122.782, 117.001, 104.298];
const DIVISOR = 255;
/** Output channels of the four dense blocks. Source: src/faceFeatureExtractor/extractParams.ts. */
const BLOCK_CHANNELS = [32, 64, 128, 256];
/** Number of features of {@link denseFeatures}. */
export const DENSE_FEATURES = 256;

/** The input `pixels` [N, 3, 112, 112]: R G B, 0..255; standardised in the graph. */
export function smallInput(graph: GraphBuilder): FeatureMap {
  const pixels = graph.input('pixels', ['N', 3, SMALL_INPUT_SIZE_PX, SMALL_INPUT_SIZE_PX]);
  return { ref: standardise(graph, pixels, MEAN_RGB, DIVISOR), channels: 3, size: SMALL_INPUT_SIZE_PX };
}

/**
 * face-api's FaceFeatureExtractor: four dense blocks of separable convolutions, and average pooling.
 * @returns [N, 256]
 */
export function denseFeatures(graph: GraphBuilder, weights: WeightMap, input: FeatureMap): Ref {
  let x = input;
  BLOCK_CHANNELS.forEach((channels, block) => {
    x = denseBlock(graph, weights, `dense${block}`, x, channels);
  });
  return averaged(graph, x);
}

/** After four halvings a map is 7×7; face-api averages it with one 7×7 window. @returns [N, channels] */
export function averaged(graph: GraphBuilder, x: FeatureMap): Ref {
  return graph.node('Flatten', [graph.node('GlobalAveragePool', [x.ref])]);
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
