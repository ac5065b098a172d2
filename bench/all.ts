import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Runs the benches that have a bar, one process after the other, and tells which reach it.
 *
 *   npm run bench [-- NAME...]
 */
const BARS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  frame: { ratio: '<= 1.35' },
  'detect-large': { ratio: '<= 1.5' },
  'embed-batch': { ratio: '<= 1.1' },
  'peer-face-api': { ratio: '>= 5' },
  'peer-face-api-facenet': { ratio: '>= 9', ratioTiny: '>= 2.8' },
};

function run(name: string): Promise<string> {
  const script = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
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

function isReached(value: number, bar: string): boolean {
  const [sign, limit] = bar.split(' ');
  return sign === '<=' ? value <= Number(limit) : value >= Number(limit);
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(BARS);
const unknown = names.find((name) => !(name in BARS));
if (unknown !== undefined) throw new Error(`there is no bench "${unknown}"; there are ${Object.keys(BARS).join(', ')}`);
const rows = [];
for (const name of names) {
  const lines = (await run(name)).trim().split('\n');
  const result = JSON.parse(lines[lines.length - 1]) as Record<string, number>;
  for (const [figure, bar] of Object.entries(BARS[name])) {
    rows.push({ bench: name, figure, value: result[figure], bar, reached: isReached(result[figure], bar) });
  }
}
console.table(rows);
