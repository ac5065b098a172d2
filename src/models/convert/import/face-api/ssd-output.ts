import type { WeightMap } from '../../formats/weights-manifest.js';
import type { GraphBuilder, Ref } from '../../build.js';
import { conv2d, take, takeFilters, type ConvWeights, type FeatureMap } from './layers.js';

/** Boxes that the detector considers: 3 a cell of the first map (32×32), 6 a cell of the others (16×16 … 1×1). */
export const PRIOR_COUNT = 5118;

/** Background, face and a class that is never used. Source: @vladmandic/face-api, src/ssdMobilenetv1/boxPredictionLayer.ts. */
const CLASSES = 3;
const FACE = 1;
/** What the encodings of centres and sizes are multiplied with. Source: src/ssdMobilenetv1/outputLayer.ts. */
const CENTRE_VARIANCE = 1 / 10;
const SIZE_VARIANCE = 1 / 5;

function priorsPerCell(mapIndex: number): number {
  return mapIndex === 0 ? 3 : 6;
}

/** @returns [N, priors of this map, 4]: y, x, height, width relative to each prior */
export function boxEncodings(graph: GraphBuilder, weights: WeightMap, mapIndex: number, x: FeatureMap): Ref {
  const name = `Prediction/BoxPredictor_${mapIndex}/BoxEncodingPredictor`;
  const out = priorsPerCell(mapIndex) * 4;
  const predictor = takePredictor(weights, name, x.channels, out);
  return graph.node('Reshape', [predict(graph, name, x, predictor), graph.ints(`${name}/shape`, [0, -1, 4])]);
}

/** @returns [N, priors of this map]: the logit of "face" */
export function faceScores(graph: GraphBuilder, weights: WeightMap, mapIndex: number, x: FeatureMap): Ref {
  const name = `Prediction/BoxPredictor_${mapIndex}/ClassPredictor`;
  const all = takePredictor(weights, name, x.channels, priorsPerCell(mapIndex) * CLASSES);
  const ofFaces = {
    filters: all.filters.filter((_, i) => Math.floor(i / x.channels) % CLASSES === FACE),
    bias: all.bias.filter((_, i) => i % CLASSES === FACE),
  };
  return graph.node('Reshape', [predict(graph, name, x, ofFaces), graph.ints(`${name}/shape`, [0, -1])]);
}

function takePredictor(weights: WeightMap, name: string, input: number, out: number): Required<ConvWeights> {
  return {
    filters: takeFilters(weights, `${name}/weights`, 1, input, out),
    bias: take(weights, `${name}/biases`, [out]),
  };
}

/** A 1×1 convolution, its output as NHWC: the priors of a cell lie together. */
function predict(graph: GraphBuilder, name: string, x: FeatureMap, predictor: Required<ConvWeights>): Ref {
  const out = predictor.bias.length;
  const { ref } = conv2d(graph, name, x, predictor, { out, kernel: 1, stride: 1, padding: 'same' });
  return graph.node('Transpose', [ref], { perm: { ints: [0, 2, 3, 1] } });
}

/**
 * centre = prior centre + encoding · prior size / 10, size = prior size · exp(encoding / 5).
 * @param encodings [N, 5118, 4]
 * @returns [N, 5118, 4]: top, left, bottom, right as fractions of the square
 */
export function decodeBoxes(graph: GraphBuilder, weights: WeightMap, encodings: Ref): Ref {
  const priors = take(weights, 'Output/extra_dim', [1, PRIOR_COUNT, 4]);
  const perPrior = (name: string, value: (near: number, far: number) => number) => {
    const data = new Float32Array(PRIOR_COUNT * 2);
    for (let i = 0; i < data.length; i++) {
      const corner = Math.floor(i / 2) * 4 + (i % 2);
      data[i] = value(priors[corner], priors[corner + 2]);
    }
    return graph.weight(name, [1, PRIOR_COUNT, 2], data);
  };
  const [centre, size] = graph.nodeWithOutputs('Split', [encodings, graph.ints('halves', [2, 2])], 2, {
    axis: { int: 2 },
  });
  const step = perPrior('priors/step', (near, far) => (far - near) * CENTRE_VARIANCE);
  const origin = perPrior('priors/centre', (near, far) => (near + far) / 2);
  const halfSize = perPrior('priors/half', (near, far) => (far - near) / 2);

  const centres = graph.node('Add', [graph.node('Mul', [centre, step]), origin]);
  const variance = graph.weight('size-variance', [], Float32Array.of(SIZE_VARIANCE));
  const growth = graph.node('Exp', [graph.node('Mul', [size, variance])]);
  const halves = graph.node('Mul', [growth, halfSize]);
  const corners = [graph.node('Sub', [centres, halves]), graph.node('Add', [centres, halves])];
  return graph.node('Concat', corners, { axis: { int: 2 } });
}
