import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { version as onnxRuntimeVersion } from '../../src/engine/onnxruntime-package.js';

/** What figures depend on, as lines of Markdown. */
export function describeMachine(): string {
  const lines = [
    `processor: ${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, ${vectors()}`,
    `memory: ${(totalmem() / 2 ** 30).toFixed(0)} GB`,
    `system: ${process.platform} ${release()}, ${process.arch}`,
    `Node.js ${process.versions.node}, onnxruntime-node ${onnxRuntimeVersion}`,
    `date: ${new Date().toISOString().slice(0, 16)}Z, load average ${load()}`,
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

/** Of the last minute: how many processes wanted a core. */
export function load(): string {
  return loadavg()[0].toFixed(1);
}

/** The width of the vectors decides how many channels ONNX Runtime keeps in a block. */
function vectors(): string {
  try {
    const flags = readFileSync('/proc/cpuinfo', 'utf8');
    return ['avx512f', 'avx2'].find((flag) => flags.includes(flag))?.toUpperCase() ?? 'no AVX2';
  } catch {
    return 'vectors unknown';
  }
}
