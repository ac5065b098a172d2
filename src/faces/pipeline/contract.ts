import type { EmbedderContract } from '../embed/embedder.js';
import { descriptorContract } from '../embed/face-descriptor.js';
import { facenetContract } from '../embed/facenet.js';
import type { PipelineSpec } from './spec.js';

/**
 * Whose embeddings a pipeline of this spec makes, without loading any of its networks.
 * @throws RostroError `model_missing`, `bad_model_file`, `unsupported_graph`
 */
export function contractOf({ embedder, faceApiDir, cacheDir }: PipelineSpec): Promise<EmbedderContract> {
  return embedder.kind === 'facenet'
    ? facenetContract({ ...embedder, cacheDir })
    : descriptorContract(faceApiDir, cacheDir);
}
