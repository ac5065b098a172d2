import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseProvider, findDevices, tryProvider } from '../../../../src/faces/pipeline/provider/choose.js';
import { cudaLibrary } from '../../../../src/engine/onnxruntime-package.js';
import { hasSoftwareVulkan, needsSoftwareVulkan, noVulkan, softwareVulkan } from '../../../helpers/software-vulkan.js';

const TRIAL = { provider: 'webgpu', threads: 1 } as const;
const linux = process.platform === 'linux' && process.arch === 'x64';

let cacheDir: string;
beforeEach(async () => void (cacheDir = await mkdtemp(join(tmpdir(), 'rostro-provider-'))));
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cacheDir, { recursive: true, force: true });
});

function stub(environment: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
}

const auto = (fingerprint: string, ...candidates: 'webgpu'[]) =>
  chooseProvider('auto', { cacheDir, threads: 1, devices: { candidates, fingerprint } });

describe('what is looked at before any driver', () => {
  it('tells the same twice, and CUDA only where it was installed', () => {
    const { candidates, fingerprint } = findDevices();
    expect(findDevices()).toEqual({ candidates, fingerprint });
    expect(candidates.includes('cuda')).toBe(cudaLibrary() !== null);
  });
});

describe('PROVIDER=auto', () => {
  it('tries nothing where there is no GPU, and says so in one sentence', async () => {
    expect(await auto('x')).toEqual({
      provider: 'cpu',
      warning:
        'no GPU that onnxruntime-node can use was found; everything runs on the CPU. PROVIDER=cpu does not look for one.',
    });
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it.runIf(linux)('says why a GPU that is there cannot be used, and does not remember it', async () => {
    stub(noVulkan);
    const { provider, warning } = await auto('x', 'webgpu');
    expect(provider).toBe('cpu');
    expect(warning).toMatch(
      /^no GPU that helps was found \(webgpu: Failed to get a WebGPU adapter: [^;\n]+\); everything/,
    );
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it.skipIf(!hasSoftwareVulkan)(`leaves a device that is slower than the CPU${needsSoftwareVulkan}`, async () => {
    stub(softwareVulkan);
    const first = await auto('x', 'webgpu');
    expect(first.provider).toBe('cpu');
    expect(first.warning).toMatch(/\(webgpu: it takes \d+\.\d ms for what the CPU does in \d+\.\d ms\)/);

    // Known from then on, without a trial, which would now fail for another reason.
    stub(noVulkan);
    expect(await auto('x', 'webgpu')).toEqual(first);
    expect((await auto('another driver', 'webgpu')).warning).toContain('Failed to get a WebGPU adapter');

    const [file] = await readdir(cacheDir);
    await writeFile(join(cacheDir, file), '{"threads": 1');
    expect((await auto('x', 'webgpu')).warning).toContain('Failed to get a WebGPU adapter');
  });
});

describe('a provider that is asked for', () => {
  it('is the CPU without a word', async () => {
    expect(await chooseProvider('cpu', { cacheDir, threads: 1 })).toEqual({ provider: 'cpu', warning: null });
  });

  it.skipIf(!hasSoftwareVulkan)(
    `is taken when it computes what the CPU computes, however slow${needsSoftwareVulkan}`,
    async () => {
      stub(softwareVulkan);
      expect(await chooseProvider('webgpu', { cacheDir, threads: 1 })).toEqual({ provider: 'webgpu', warning: null });
    },
  );

  it.runIf(linux)('stops the start when it does not work', async () => {
    stub(noVulkan);
    await expect(chooseProvider('webgpu', { cacheDir, threads: 1 })).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringMatching(
        /^PROVIDER=webgpu does not work here: Failed to get a WebGPU adapter: .*libvulkan1.*PROVIDER=auto takes what works\.$/,
      ) as string,
    });
  });

  it.skipIf(cudaLibrary() !== null)('names the command that installs CUDA', async () => {
    await expect(chooseProvider('cuda', { cacheDir, threads: 1 })).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringContaining('its libraries are not installed. It takes') as string,
    });
    await expect(chooseProvider('cuda', { cacheDir, threads: 1 })).rejects.toThrow('npm run install:cuda');
  });
});

describe('a driver', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-driver-'));
    await writeFile(join(folder, 'crash.cjs'), 'process.abort();');
    await writeFile(join(folder, 'hang.cjs'), 'for (;;);');
    await writeFile(join(folder, 'leave.cjs'), 'process.exit(3);');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ['crash', 'its driver ended the process that tried it (SIGABRT)'],
    ['leave', 'its driver ended the process that tried it (exit code 3)'],
    ['hang', 'it gave no answer in 2 seconds'],
  ])('that does "%s" is one that does not work', async (what, reason) => {
    vi.stubEnv('NODE_OPTIONS', `--require ${join(folder, `${what}.cjs`)}`);
    expect(await tryProvider(TRIAL, 2000)).toEqual({ works: false, reason });
  });
});
