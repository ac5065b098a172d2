import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDescriptorNetwork } from '../../../../src/faces/embed/face-descriptor.js';
import type { EmbeddingNetwork } from '../../../../src/faces/embed/embedder.js';
import { EmbeddingBatches } from '../../../../src/faces/pipeline/embedding-batches.js';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import { faceApiModelDir } from '../../../helpers/face-api.js';
import { ourNetworks } from '../../../helpers/face-api-engine.js';
import { largestDifference } from '../../../helpers/photo.js';

const { cacheDir, remove } = ourNetworks();
let network: EmbeddingNetwork;
beforeAll(async () => {
  network = await loadDescriptorNetwork(createOnnxRuntime({ threads: 2 }), faceApiModelDir, cacheDir);
});
afterAll(async () => {
  await network.dispose();
  remove();
});

/** Crops that differ from each other, 0..255. */
function crops(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count * network.cropLength }, (_, i) => (i * (seed + 7)) % 256);
}

/** The network, and how many faces went through it at each run. */
function counted(runs: number[]): Pick<EmbeddingNetwork, 'cropLength' | 'embed'> {
  return {
    cropLength: network.cropLength,
    embed: (all) => {
      runs.push(all.length / network.cropLength);
      return network.embed(all);
    },
  };
}

describe('faces of several requests', () => {
  it('go through the network together and come out as one by one', async () => {
    const runs: number[] = [];
    const batches = new EmbeddingBatches(counted(runs));
    const together = await Promise.all([1, 3, 2].map((count, seed) => batches.embed(crops(count, seed))));
    expect(runs).toEqual([6]);
    for (const [seed, count] of [1, 3, 2].entries()) {
      const alone = await network.embed(crops(count, seed));
      expect(together[seed]).toHaveLength(count);
      together[seed].forEach((embedding, i) => expect(largestDifference(embedding, alone[i])).toBeLessThan(1e-5));
    }
  });

  it('go in batches of 16 at most, those of one request together', async () => {
    const runs: number[] = [];
    const batches = new EmbeddingBatches(counted(runs));
    await Promise.all([10, 5, 3, 18].map((count, seed) => batches.embed(crops(count, seed))));
    expect(runs).toEqual([15, 3, 18]);
  });

  it('fail together, and the next ones work', async () => {
    let broken = true;
    const batches = new EmbeddingBatches({
      cropLength: network.cropLength,
      embed: (all) => (broken ? Promise.reject(new Error('out of memory')) : network.embed(all)),
    });
    const failed = await Promise.allSettled([batches.embed(crops(1, 1)), batches.embed(crops(1, 2))]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    broken = false;
    expect(await batches.embed(crops(1, 1))).toHaveLength(1);
  });
});
