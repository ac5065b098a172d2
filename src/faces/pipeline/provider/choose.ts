import { fork } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Provider } from '../../../engine/engine.js';
import { cudaLibrary, version } from '../../../engine/onnxruntime-package.js';
import { RostroError } from '../../../shared/errors.js';
import { threadFile } from '../../../shared/thread-file.js';

/** Execution providers other than the CPU. */
export type GpuProvider = Exclude<Provider, 'cpu'>;

/** Request to the process that tries a provider. */
export interface Trial {
  readonly provider: GpuProvider;
  /** CPU threads of the comparison. */
  readonly threads: number;
}

/** Duration of a run of the trial network, milliseconds. */
export interface Timed {
  readonly cpuMs: number;
  readonly gpuMs: number;
}

/** Result of a trial: how fast, or why the provider cannot be used, as the end of a sentence. */
export type Verdict = ({ readonly works: true } & Timed) | { readonly works: false; readonly reason: string };

export interface ProviderChoice {
  readonly provider: Provider;
  /** Why `auto` found no GPU, in a sentence. */
  readonly warning: string | null;
}

export interface ProviderOptions {
  /** Keeps the result for a slow device, so that later starts need no trial. */
  readonly cacheDir: string;
  /** CPU threads that a GPU must outperform. */
  readonly threads: number;
  /** Default: those of this machine. */
  readonly devices?: Devices;
}

/** What each provider needs, for error messages. */
const REQUIREMENTS: Readonly<Record<GpuProvider, string>> = {
  webgpu:
    "On Linux (x64) it takes the GPU's Vulkan driver, Vulkan's loader (Debian: libvulkan1) and access to /dev/dri/renderD*; elsewhere a current driver.",
  cuda: 'It takes an NVIDIA driver, CUDA 12, cuDNN 9 and what "npm run install:cuda" fetches (Linux x64 only).',
};

/**
 * Chooses the execution provider of the embedding network, at each start. `auto` takes the first GPU that computes the same values
 * as the CPU and is faster; a GPU that is set explicitly may be slower.
 * @throws RostroError `provider_unavailable` when a provider that is set explicitly does not work
 */
export async function chooseProvider(wanted: 'auto' | Provider, options: ProviderOptions): Promise<ProviderChoice> {
  if (wanted === 'auto') return bestProvider(options);
  if (wanted !== 'cpu') await requireProvider(wanted, options.threads);
  return { provider: wanted, warning: null };
}

async function bestProvider({ cacheDir, threads, devices = findDevices() }: ProviderOptions): Promise<ProviderChoice> {
  const reasons: string[] = [];
  for (const provider of devices.candidates) {
    const reason = await reasonAgainst(cacheDir, { provider, threads, fingerprint: devices.fingerprint });
    if (reason === null) return { provider, warning: null };
    reasons.push(`${provider}: ${reason}`);
  }
  const why =
    reasons.length === 0
      ? 'no GPU that onnxruntime-node can use was found'
      : `no GPU that helps was found (${reasons.join('; ')})`;
  return { provider: 'cpu', warning: `${why}; everything runs on the CPU. PROVIDER=cpu does not look for one.` };
}

/** @returns why `auto` does not take the provider; null when it does */
async function reasonAgainst(cacheDir: string, circumstances: TrialConditions): Promise<string | null> {
  const known = await readSlowTrial(cacheDir, circumstances);
  if (known !== null) return slowReason(known);
  const verdict = await tryProvider(circumstances);
  if (!verdict.works) return verdict.reason;
  if (verdict.gpuMs < verdict.cpuMs) return null;
  await saveSlowTrial(cacheDir, circumstances, verdict);
  return slowReason(verdict);
}

function slowReason({ cpuMs, gpuMs }: Timed): string {
  return `it takes ${gpuMs.toFixed(1)} ms for what the CPU does in ${cpuMs.toFixed(1)} ms`;
}

async function requireProvider(provider: GpuProvider, threads: number): Promise<void> {
  if (provider === 'cuda' && cudaLibrary() === null) throw unavailable(provider, 'its libraries are not installed');
  const verdict = await tryProvider({ provider, threads });
  if (!verdict.works) throw unavailable(provider, verdict.reason);
}

function unavailable(provider: GpuProvider, reason: string): RostroError {
  return new RostroError(
    'provider_unavailable',
    `PROVIDER=${provider} does not work here: ${reason}. ${REQUIREMENTS[provider]} PROVIDER=auto takes what works.`,
    { details: { provider } },
  );
}

/** Device files of GPUs on Linux: of any vendor, of NVIDIA's own driver, of Windows in WSL. */
const DEVICES = [
  ['/dev/dri', /^renderD\d+$/],
  ['/dev', /^(?:nvidia\d+|dxg)$/],
] as const;

/** Folders where Vulkan's loader searches for drivers. */
const DRIVER_FOLDERS = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'];

/** GPUs of this machine, found by files only, without calling a driver. */
export interface Devices {
  /** Providers that may work, the best first. */
  readonly candidates: readonly GpuProvider[];
  /** Changes with everything that may change a trial's result: the runtime, the system, a device, a driver. */
  readonly fingerprint: string;
}

/** macOS and Windows always have a GPU; on Linux onnxruntime-node has WebGPU for x64 only. */
export function findDevices(): Devices {
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

/** Everything that determines the speed of a device, compared with the CPU. */
export interface TrialConditions extends Trial {
  /** As of `Devices`. */
  readonly fingerprint: string;
}

const schema = z.object({ threads: z.number(), fingerprint: z.string(), cpuMs: z.number(), gpuMs: z.number() });

const fileOf = (cacheDir: string, { provider }: TrialConditions) => join(cacheDir, `slow-${provider}.json`);

/** The saved trial of a slow device under the same conditions; null where there is none. */
export async function readSlowTrial(cacheDir: string, now: TrialConditions): Promise<Timed | null> {
  try {
    const then = schema.parse(JSON.parse(await readFile(fileOf(cacheDir, now), 'utf8')));
    return then.fingerprint === now.fingerprint && then.threads === now.threads ? then : null;
  } catch {
    return null;
  }
}

/**
 * Saves the trial of a slow device, because the trial of a software renderer takes seconds. Other results are not saved: a device
 * that works must be verified at each start, and one that fails may have been repaired. Where the file cannot be written or
 * read, the trial is repeated.
 */
export async function saveSlowTrial(cacheDir: string, now: TrialConditions, { cpuMs, gpuMs }: Timed): Promise<void> {
  const { threads, fingerprint } = now;
  try {
    await mkdir(cacheDir, { recursive: true });
    await writeFile(fileOf(cacheDir, now), `${JSON.stringify({ threads, fingerprint, cpuMs, gpuMs })}\n`);
  } catch {
    return;
  }
}

/** Longer than drivers take to compile their shaders for the first time. */
const TRIAL_TIMEOUT_MS = 60_000;

/**
 * Runs the trial in a child process and kills it afterwards. A driver that crashes, hangs or is missing gives a verdict, never an
 * error.
 */
export function tryProvider(trial: Trial, timeoutMs = TRIAL_TIMEOUT_MS): Promise<Verdict> {
  const { filename, execArgv = [] } = threadFile('trial-process', import.meta.url);
  // Drivers write to standard output and error.
  const child = fork(filename, { execArgv, stdio: 'ignore' });
  return new Promise<Verdict>((resolve) => {
    const fail = (reason: string) => resolve({ works: false, reason });
    const timeout = setTimeout(() => fail(`it gave no answer in ${timeoutMs / 1000} seconds`), timeoutMs);
    child.once('message', (verdict: Verdict) => resolve(verdict));
    child.on('error', (error) => fail(`it could not be tried: ${error.message}`));
    child.once('exit', (code, signal) => {
      clearTimeout(timeout);
      fail(`its driver ended the process that tried it (${signal ?? `exit code ${code}`})`);
    });
    child.send(trial);
  }).finally(() => child.kill('SIGKILL'));
}
