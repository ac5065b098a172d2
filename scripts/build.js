import { build } from 'esbuild';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Strips the types from src/ into dist/, file by file, and stamps dist/ as complete. */
export async function buildDist() {
  const entryPoints = readdirSync(join(root, 'src'), { recursive: true })
    .filter((name) => String(name).endsWith('.ts'))
    .map((name) => join(root, 'src', String(name)));
  await build({
    entryPoints,
    outdir: join(root, 'dist'),
    outbase: join(root, 'src'),
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
  });
  writeFileSync(join(root, 'dist', '.built'), '');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildDist();
