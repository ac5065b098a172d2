import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchRun } from './catalogue.js';

/**
 * Runs a bench in its own process and shows its output on stderr.
 * @returns its output
 * @throws Error when it fails
 */
export async function runBench(name: string, { env = {}, args = [] }: BenchRun): Promise<string> {
  const script = fileURLToPath(new URL(`../${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    process.stderr.write(chunk);
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`it ended with ${String(code)}`);
  return output;
}
