import { build } from 'esbuild';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Strips the types from src/ into a folder, file by file, and stamps it as complete.
 * @param {{ outdir?: string, sourcemap?: boolean }} [options] dist/ with source maps, if nothing else is said
 */
export async function buildDist({ outdir = join(root, 'dist'), sourcemap = true } = {}) {
  const entryPoints = readdirSync(join(root, 'src'), { recursive: true })
    .filter((name) => String(name).endsWith('.ts'))
    .map((name) => join(root, 'src', String(name)));
  await build({
    entryPoints,
    outdir,
    outbase: join(root, 'src'),
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap,
    logLevel: 'warning',
  });
  writeFileSync(join(outdir, '.built'), '');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildDist();
