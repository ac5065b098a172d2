import { loadFacenet } from '../src/faces/embed/facenet.js';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import { decodeImage } from '../src/faces/image/decode.js';
import { report, sideBySide } from './support/harness.js';
import { recordingEngine, replay } from './support/recording.js';
import { oneFaceFrame, specOf, THREADS } from './support/setting.js';

/**
 * Overhead of FaceNet: 16 faces of about 150 pixels in one image, from pixels to embeddings, relative to the bare run
 * of the same batch.
 *
 *   npx tsx bench/embed-batch.ts
 */
const engine = recordingEngine(createOnnxRuntime({ threads: THREADS }));
const { embedder, cacheDir } = specOf({ EMBEDDER: 'facenet' });
if (embedder.kind !== 'facenet') throw new Error('FaceNet is not here');
const facenet = await loadFacenet(engine, { ...embedder, cacheDir });
const image = await decodeImage(await oneFaceFrame(), { maxPixels: 1e7 });
const faces = Array.from({ length: 16 }, (_, i) => ({
  box: { x: 20 + 110.5 * (i % 4), y: 10 + 75.5 * Math.floor(i / 4), width: 140 + i, height: 150 + i },
}));
const runs = await engine.record(() => facenet.embed(image, faces));

const [embed, network] = await sideBySide(
  [
    { name: '16 faces from pixels', run: () => facenet.embed(image, faces) },
    { name: 'the network alone', run: () => replay(runs) },
  ] as const,
  { rounds: 25, warmUp: 3 },
);
report('embed-batch', [embed, network], { ratio: embed.median / network.median });
