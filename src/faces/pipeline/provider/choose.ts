import { fork } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Provider } from '../../../engine/engine.js';
import { cudaLibrary, version } from '../../../engine/onnxruntime-package.js';
import { RostroError } from '../../../shared/errors.js';
import { threadFile } from '../thread-file.js';
import type { GpuProvider, Timed, Trial, Verdict } from './verdict.js';

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

/** Where Linux shows GPUs: of any vendor, of NVIDIA without the first, of Windows below WSL. */
const DEVICES = [
  ['/dev/dri', /^renderD\d+$/],
  ['/dev', /^(?:nvidia\d+|dxg)$/],
] as const;

/** Where Vulkan's loader looks for drivers. */
const DRIVER_FOLDERS = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'];

/** What a look at files tells, without touching a driver. */
export interface Devices {
  /** Providers that may work here, the best first. */
  readonly candidates: readonly GpuProvider[];
  /** Changes whenever a provider may do otherwise than before: with the runtime, the system, a device or a driver. */
  readonly fingerprint: string;
}

/** macOS and Windows always have a GPU; of Linux onnxruntime-node has WebGPU for x64 alone. */
export function lookForDevices(): Devices {
  const found = DEVICES.flatMap(([folder, pattern]) => namesIn(folder).filter((name) => pattern.test(name)));
  const cuda = cudaLibrary();
  const webgpu = process.platform !== 'linux' || (process.arch === 'x64' && found.length > 0);
  const drivers = DRIVER_FOLDERS.flatMap((folder) => namesIn(folder).map((name) => join(folder, name)));
  const stamps = [...drivers, ...(cuda === null ? [] : [cuda])].map((file) => [file, changedMs(file)]);
  return {
    candidates: [...(cuda === null ? [] : ['cuda' as const]), ...(webgpu ? ['webgpu' as const] : [])],
    fingerprint: JSON.stringify([version, process.platform, process.arch, release(), found, stamps]),
  };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function changedMs(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Everything that decides how fast a device is, beside the CPU. */
export interface Circumstances extends Trial {
  /** Of the machine; see `devices.ts`. */
  readonly fingerprint: string;
}

const schema = z.object({ threads: z.number(), fingerprint: z.string(), cpuMs: z.number(), gpuMs: z.number() });

const fileOf = (cacheDir: string, { provider }: Circumstances) => join(cacheDir, `slow-${provider}.json`);

/** How slow the device was when it was last tried under these circumstances; null where that is not known. */
export async function knownAsSlow(cacheDir: string, now: Circumstances): Promise<Timed | null> {
  try {
    const then = schema.parse(JSON.parse(await readFile(fileOf(cacheDir, now), 'utf8')));
    return then.fingerprint === now.fingerprint && then.threads === now.threads ? then : null;
  } catch {
    return null;
  }
}

/**
 * A device in software takes seconds to try, which later starts save. Nothing else is remembered: what works must be seen to
 * work, and what does not may have been mended. A file that cannot be written, or was torn, costs the same trial again.
 */
export async function rememberAsSlow(cacheDir: string, now: Circumstances, { cpuMs, gpuMs }: Timed): Promise<void> {
  const { threads, fingerprint } = now;
  try {
    await mkdir(cacheDir, { recursive: true });
    await writeFile(fileOf(cacheDir, now), `${JSON.stringify({ threads, fingerprint, cpuMs, gpuMs })}\n`);
  } catch {
    return;
  }
}

/** Longer than drivers take to compile their programs for the first time. */
const PATIENCE_MS = 60_000;

/**
 * Runs the trial in a process of its own and kills it. A driver that crashes, hangs or is not there is a verdict, never a
 * failure.
 */
export function tryProvider(trial: Trial, patienceMs = PATIENCE_MS): Promise<Verdict> {
  const { filename, execArgv = [] } = threadFile('trial-process', import.meta.url);
  // Drivers write to the terminal as they please.
  const child = fork(filename, { execArgv, stdio: 'ignore' });
  return new Promise<Verdict>((resolve) => {
    const refuse = (reason: string) => resolve({ works: false, reason });
    const patience = setTimeout(() => refuse(`it gave no answer in ${patienceMs / 1000} seconds`), patienceMs);
    child.once('message', (verdict: Verdict) => resolve(verdict));
    child.on('error', (error) => refuse(`it could not be tried: ${error.message}`));
    child.once('exit', (code, signal) => {
      clearTimeout(patience);
      refuse(`its driver ended the process that tried it (${signal ?? `exit code ${code}`})`);
    });
    child.send(trial);
  }).finally(() => child.kill('SIGKILL'));
}
