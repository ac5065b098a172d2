import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSsd, type SsdOptions } from '../../src/faces/detect/ssd.js';
import { loadFaceDescriptor } from '../../src/faces/embed/face-descriptor.js';
import { loadLandmarks68, type LandmarkDetector68 } from '../../src/faces/landmarks/landmarks68.js';
import { createOnnxRuntime } from '../../src/engine/onnxruntime.js';
import { faceApiModelDir } from './face-api.js';

/** Our own networks from the weights in the package, with a cache of their own that `remove` deletes. */
export function ourNetworks() {
  const engine = createOnnxRuntime({ threads: 2 });
  const cacheDir = mkdtempSync(join(tmpdir(), 'rostro-face-api-'));
  return {
    cacheDir,
    face68: () => loadLandmarks68(engine, faceApiModelDir, cacheDir),
    ssd: (face68: LandmarkDetector68 | null, options?: SsdOptions) =>
      loadSsd(engine, face68, faceApiModelDir, cacheDir, options),
    descriptor: (face68: LandmarkDetector68) => loadFaceDescriptor(engine, face68, faceApiModelDir, cacheDir),
    remove: () => {
      rmSync(cacheDir, { recursive: true, force: true });
    },
  };
}
