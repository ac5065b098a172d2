/**
 * Fixed standardisation, in place: (x - 127.5) / 128, which takes 0..255 to about -1..1. What the FaceNet networks of
 * 2018 were trained with (davidsandberg/facenet `src/train_softmax.py`, --use_fixed_image_standardization).
 */
export function standardiseFixed(pixels: Float32Array): void {
  for (let i = 0; i < pixels.length; i++) pixels[i] = (pixels[i] - 127.5) / 128;
}

/**
 * Per-image standardisation ("prewhitening"), in place: mean 0 and standard deviation 1 over all values of one picture,
 * the deviation not under 1 / sqrt(count). What the FaceNet networks of 2017 were trained with (davidsandberg/facenet
 * `src/facenet.py`, prewhiten).
 */
export function prewhiten(pixels: Float32Array): void {
  let sum = 0;
  for (const value of pixels) sum += value;
  const mean = sum / pixels.length;
  let squares = 0;
  for (const value of pixels) squares += (value - mean) ** 2;
  const deviation = Math.max(Math.sqrt(squares / pixels.length), 1 / Math.sqrt(pixels.length));
  for (let i = 0; i < pixels.length; i++) pixels[i] = (pixels[i] - mean) / deviation;
}
