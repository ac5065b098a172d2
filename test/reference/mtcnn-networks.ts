/**
 * The three networks of facenet's detect_face.py, computed the plain way as that file lays them out: NHWC, float64, fed
 * with the transposed picture. An oracle for the imported networks, which take the picture upright.
 */
export type Layers = Readonly<Record<string, Readonly<Record<string, { shape: number[]; values: Float32Array }>>>>;

/** Channels last; `height` is the original's first axis, which runs along the picture's x. */
export interface FeatureMap {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: Float64Array;
}

const map = (height: number, width: number, channels: number): FeatureMap => ({
  height,
  width,
  channels,
  values: new Float64Array(height * width * channels),
});

function conv(input: FeatureMap, layers: Layers, name: string): FeatureMap {
  const { shape, values: kernel } = layers[name].weights;
  const [kernelHeight, kernelWidth, from, to] = shape;
  const out = map(input.height - kernelHeight + 1, input.width - kernelWidth + 1, to);
  for (let y = 0; y < out.height; y++)
    for (let x = 0; x < out.width; x++)
      for (let o = 0; o < to; o++) {
        let sum = layers[name].biases.values[o];
        for (let ky = 0; ky < kernelHeight; ky++)
          for (let kx = 0; kx < kernelWidth; kx++)
            for (let c = 0; c < from; c++) {
              const weight = kernel[((ky * kernelWidth + kx) * from + c) * to + o];
              sum += weight * input.values[((y + ky) * input.width + x + kx) * from + c];
            }
        out.values[(y * out.width + x) * to + o] = sum;
      }
  return out;
}

function prelu(input: FeatureMap, layers: Layers, name: string): FeatureMap {
  const alpha = layers[name].alpha.values;
  return { ...input, values: input.values.map((v, i) => (v > 0 ? v : alpha[i % input.channels] * v)) };
}

/** Stride 2. SAME lets windows stick out at the end, where TensorFlow pads these sizes. */
function maxPool(input: FeatureMap, window: number, padding: 'SAME' | 'VALID'): FeatureMap {
  const size = (length: number): number =>
    padding === 'SAME' ? Math.ceil(length / 2) : Math.floor((length - window) / 2) + 1;
  const out = map(size(input.height), size(input.width), input.channels);
  for (let i = 0; i < out.values.length; i++) {
    const c = i % out.channels;
    const x = Math.floor(i / out.channels) % out.width;
    const y = Math.floor(i / out.channels / out.width);
    let largest = -Infinity;
    for (let row = 2 * y; row < Math.min(2 * y + window, input.height); row++)
      for (let column = 2 * x; column < Math.min(2 * x + window, input.width); column++)
        largest = Math.max(largest, input.values[(row * input.width + column) * input.channels + c]);
    out.values[i] = largest;
  }
  return out;
}

function dense(input: FeatureMap, layers: Layers, name: string): FeatureMap {
  const [from, to] = layers[name].weights.shape;
  const out = map(1, 1, to);
  for (let o = 0; o < to; o++) {
    let sum = layers[name].biases.values[o];
    for (let i = 0; i < from; i++) sum += layers[name].weights.values[i * to + o] * input.values[i];
    out.values[o] = sum;
  }
  return out;
}

/** The second of two classes. */
function softmax(logits: FeatureMap): number[] {
  const pairs = Array.from({ length: logits.values.length / 2 }, (_, i) => logits.values.subarray(2 * i, 2 * i + 2));
  return pairs.map(([no, yes]) => Math.exp(yes) / (Math.exp(no) + Math.exp(yes)));
}

export function referencePnet(input: FeatureMap, layers: Layers): { probability: number[]; regression: FeatureMap } {
  let x = maxPool(prelu(conv(input, layers, 'conv1'), layers, 'PReLU1'), 2, 'SAME');
  x = prelu(conv(x, layers, 'conv2'), layers, 'PReLU2');
  x = prelu(conv(x, layers, 'conv3'), layers, 'PReLU3');
  return { probability: softmax(conv(x, layers, 'conv4-1')), regression: conv(x, layers, 'conv4-2') };
}

export function referenceRnet(input: FeatureMap, layers: Layers): { probability: number[]; regression: Float64Array } {
  let x = maxPool(prelu(conv(input, layers, 'conv1'), layers, 'prelu1'), 3, 'SAME');
  x = maxPool(prelu(conv(x, layers, 'conv2'), layers, 'prelu2'), 3, 'VALID');
  x = prelu(conv(x, layers, 'conv3'), layers, 'prelu3');
  x = prelu(dense(x, layers, 'conv4'), layers, 'prelu4');
  return { probability: softmax(dense(x, layers, 'conv5-1')), regression: dense(x, layers, 'conv5-2').values };
}

export function referenceOnet(
  input: FeatureMap,
  layers: Layers,
): { probability: number[]; regression: Float64Array; landmarks: Float64Array } {
  let x = maxPool(prelu(conv(input, layers, 'conv1'), layers, 'prelu1'), 3, 'SAME');
  x = maxPool(prelu(conv(x, layers, 'conv2'), layers, 'prelu2'), 3, 'VALID');
  x = maxPool(prelu(conv(x, layers, 'conv3'), layers, 'prelu3'), 2, 'SAME');
  x = prelu(conv(x, layers, 'conv4'), layers, 'prelu4');
  x = prelu(dense(x, layers, 'conv5'), layers, 'prelu5');
  return {
    probability: softmax(dense(x, layers, 'conv6-1')),
    regression: dense(x, layers, 'conv6-2').values,
    landmarks: dense(x, layers, 'conv6-3').values,
  };
}
