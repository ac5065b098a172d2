import { RostroError } from '../../../shared/errors.js';
import type { Provider } from '../../../engine/engine.js';
import { cudaLibrary } from '../../../engine/onnxruntime-package.js';
import { lookForDevices, type Devices } from './devices.js';
import { knownAsSlow, rememberAsSlow, type Circumstances } from './slow-devices.js';
import { tryProvider } from './try-provider.js';
import type { GpuProvider, Timed } from './verdict.js';

export interface ProviderChoice {
  readonly provider: Provider;
  /** Why `auto` found no GPU to use, in a sentence. */
  readonly warning: string | null;
}

export interface ProviderOptions {
  /** Where it is kept that a device is slow, so that later starts need no trial. */
  readonly cacheDir: string;
  /** Of the CPU, which a GPU must beat. */
  readonly threads: number;
  /** Instead of those that this machine shows. */
  readonly devices?: Devices;
}

/** How each is mended, as far as that can be told from here. */
const MENDS: Readonly<Record<GpuProvider, string>> = {
  webgpu:
    "On Linux (x64) it takes the GPU's Vulkan driver, Vulkan's loader (Debian: libvulkan1) and access to /dev/dri/renderD*; elsewhere a current driver.",
  cuda: 'It takes an NVIDIA driver, CUDA 12, cuDNN 9 and what "npm run install:cuda" fetches (Linux x64 only).',
};

/**
 * Decides what the embedding network runs on, once a start. `auto` takes the first GPU that computes the same values as
 * the CPU and is faster; one that is asked for needs the same values only.
 * @throws RostroError `provider_unavailable` when the one that is asked for does not work here
 */
export async function chooseProvider(wanted: 'auto' | Provider, options: ProviderOptions): Promise<ProviderChoice> {
  if (wanted === 'auto') return best(options);
  if (wanted !== 'cpu') await insist(wanted, options.threads);
  return { provider: wanted, warning: null };
}

async function best({ cacheDir, threads, devices = lookForDevices() }: ProviderOptions): Promise<ProviderChoice> {
  const reasons: string[] = [];
  for (const provider of devices.candidates) {
    const reason = await refusal(cacheDir, { provider, threads, fingerprint: devices.fingerprint });
    if (reason === null) return { provider, warning: null };
    reasons.push(`${provider}: ${reason}`);
  }
  const why =
    reasons.length === 0
      ? 'no GPU that onnxruntime-node can use was found'
      : `no GPU that helps was found (${reasons.join('; ')})`;
  return { provider: 'cpu', warning: `${why}; everything runs on the CPU. PROVIDER=cpu does not look for one.` };
}

/** @returns why the provider is not taken unasked, or null when it is */
async function refusal(cacheDir: string, circumstances: Circumstances): Promise<string | null> {
  const known = await knownAsSlow(cacheDir, circumstances);
  if (known !== null) return slowness(known);
  const verdict = await tryProvider(circumstances);
  if (!verdict.works) return verdict.reason;
  if (verdict.gpuMs < verdict.cpuMs) return null;
  await rememberAsSlow(cacheDir, circumstances, verdict);
  return slowness(verdict);
}

function slowness({ cpuMs, gpuMs }: Timed): string {
  return `it takes ${gpuMs.toFixed(1)} ms for what the CPU does in ${cpuMs.toFixed(1)} ms`;
}

async function insist(provider: GpuProvider, threads: number): Promise<void> {
  if (provider === 'cuda' && cudaLibrary() === null) throw unavailable(provider, 'its libraries are not installed');
  const verdict = await tryProvider({ provider, threads });
  if (!verdict.works) throw unavailable(provider, verdict.reason);
}

function unavailable(provider: GpuProvider, reason: string): RostroError {
  return new RostroError(
    'provider_unavailable',
    `PROVIDER=${provider} does not work here: ${reason}. ${MENDS[provider]} PROVIDER=auto takes what works.`,
    { details: { provider } },
  );
}
