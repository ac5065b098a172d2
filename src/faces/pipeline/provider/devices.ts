import { readdirSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { cudaLibrary, version } from '../../../engine/onnxruntime-package.js';
import type { GpuProvider } from './verdict.js';

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
