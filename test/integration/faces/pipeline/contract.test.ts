import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pipelineSpec } from '../../../../src/app/pipeline.js';
import { readConfig } from '../../../../src/app/config.js';
import { contractOf, type PipelineSpec } from '../../../../src/faces/pipeline/spec.js';
import { loadNetwork } from '../../../../src/faces/pipeline/load.js';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import { FACENET_GRAPHS } from '../../../helpers/golden.js';
import { hasShared, needsShared, sharedPath } from '../../../helpers/shared.js';

let folder: string;
let spec: PipelineSpec;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-contract-'));
  spec = pipelineSpec(readConfig({ ROSTRO_DATA: folder, DETECTOR: 'ssd', EMBEDDER: 'face-api' }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function contractOfLoaded(wanted: PipelineSpec) {
  const network = await loadNetwork(wanted, createOnnxRuntime({ threads: 1 }));
  await network.dispose();
  return network.contract;
}

describe('the contract of a network that is not loaded', () => {
  it('is that of the loaded one', async () => {
    expect(await contractOf(spec)).toEqual(await contractOfLoaded(spec));
  });
});

describe.skipIf(!hasShared)(`the contract of a FaceNet graph that is not loaded${needsShared}`, () => {
  it.each([
    ['as it was trained', undefined, undefined],
    ['as the original system cropped', { px: 44 }, undefined],
    ['standardised otherwise', undefined, 'prewhiten'],
  ] as const)('is that of the loaded one, %s', async (_title, margin, standardisation) => {
    for (const [, file] of FACENET_GRAPHS) {
      const facenet: PipelineSpec = {
        ...spec,
        embedder: { kind: 'facenet', path: sharedPath(...file), margin, standardisation },
      };
      expect(await contractOf(facenet)).toEqual(await contractOfLoaded(facenet));
    }
  });
});
