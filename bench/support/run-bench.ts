import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs a bench in its own process and shows its output. @returns the output; the last line is the result */
export function runBench(name: string): Promise<string> {
  const script = fileURLToPath(new URL(`../${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    process.stdout.write(chunk);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${name} ended with ${code}`));
    });
  });
}

/** The benches named on the command line; all of them without arguments. */
export function requestedNames(all: readonly string[]): readonly string[] {
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`there is no bench "${unknown}"; there are ${all.join(', ')}`);
  return names.length > 0 ? names : all;
}
