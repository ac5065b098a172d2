import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findDevices } from '../../../src/faces/pipeline/provider/choose.js';
import { euclidean } from '../../helpers/photo.js';
import { jsonLines, spawnRostro, startRostroWith } from '../../helpers/rostro.js';
import { hasShared, needsShared, samplePhoto, sharedPath } from '../../helpers/shared.js';
import { hasSoftwareVulkan, needsSoftwareVulkan, noVulkan, softwareVulkan } from '../../helpers/software-vulkan.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-gpu-'));
  const portrait = sharp(samplePhoto(3)).extract({ left: 1020, top: 80, width: 400, height: 460 });
  await portrait.jpeg().toFile(join(folder, 'face.jpg'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The banner of a server, which is then stopped. */
async function banner(settings: NodeJS.ProcessEnv): Promise<string> {
  const server = startRostroWith({ PORT: '0', ...settings }, folder, 'serve');
  const text = await untilListening(server);
  server.kill('SIGTERM');
  await once(server, 'exit');
  return text;
}

async function untilListening(server: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of server.stdout!) {
    text += String(chunk);
    if (text.includes('Rostro listens on')) return text;
  }
  throw new Error(`the server ended: ${text}`);
}

describe.skipIf(!hasSoftwareVulkan || !hasShared)(`PROVIDER=webgpu${needsSoftwareVulkan}${needsShared}`, () => {
  // A graph of FaceNet's structure with few channels: SwiftShader takes 28 seconds for a face through the real one.
  beforeAll(async () => {
    const version = '20200101-000000';
    await mkdir(join(folder, 'model', version), { recursive: true });
    await copyFile(sharedPath('golden', 'graphs', 'tiny-fused.pb'), join(folder, 'model', version, `${version}.pb`));
  });
  afterAll(() => rm(join(folder, 'model'), { recursive: true }));

  it('embeds faces as the CPU does', async () => {
    const runs = [{ PROVIDER: 'cpu' }, { PROVIDER: 'webgpu', ...softwareVulkan }].map(async (settings) => {
      const { code, out } = await spawnRostro(settings, folder, 'embed', 'face.jpg', '--json');
      expect(code).toBe(0);
      return jsonLines<{ faces: { embedding: number[] }[] }>(out)[0].faces;
    });
    const [onCpu, onGpu] = await Promise.all(runs);
    expect(onGpu).toHaveLength(1);
    expect(euclidean(onGpu[0].embedding, onCpu[0].embedding)).toBeLessThan(1e-4);
  });

  it('is what the banner names', async () => {
    const lines = await banner({ PROVIDER: 'webgpu', WORKERS: '2', ...softwareVulkan });
    expect(lines).toMatch(/^engine +onnxruntime on webgpu$/m);
    expect(lines).not.toMatch(/^note/m);
  });
});

describe('PROVIDER=auto', () => {
  const { candidates } = findDevices();
  const title = candidates.length === 0 ? '' : ' (skipped: this machine has a GPU)';

  it.skipIf(candidates.length > 0)(
    `runs on the CPU and says so once, however many workers there are${title}`,
    async () => {
      const lines = await banner({ PROVIDER: 'auto', WORKERS: '3' });
      expect(lines).toMatch(/^engine +onnxruntime on cpu$/m);
      expect(lines.match(/no GPU .* was found/g)).toHaveLength(1);
    },
  );
});

describe('a provider that does not work', () => {
  it.runIf(process.platform === 'linux')('stops the start with its reason', async () => {
    const { code, err } = await spawnRostro({ PROVIDER: '', ...noVulkan }, folder, 'serve', '--provider', 'webgpu');
    expect(code).toBe(1);
    expect(err).toMatch(/^rostro: PROVIDER=webgpu does not work here: .+ \(provider_unavailable\)\n$/);
  });
});
