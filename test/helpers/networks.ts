import type { SettingName } from '../../src/app/settings.js';
import { findModels } from '../../src/models/find-models.js';

/**
 * The networks that tests use where they set none: MTCNN and FaceNet of the data folder, otherwise those of face-api, which
 * every installation has. Tests of the default set `auto`.
 */
export function testNetworks(dataDir: string): Partial<Record<SettingName, string>> {
  const { mtcnn, facenet } = findModels(dataDir);
  return { DETECTOR: mtcnn === null ? 'ssd' : 'mtcnn', EMBEDDER: facenet === null ? 'face-api' : 'facenet' };
}
