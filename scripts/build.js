import { build } from 'esbuild';
import { readdirSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const client = join('client', sep);

/** Strips the types from src/ into dist/, file by file, the client into one file, and stamps dist/ as complete. */
export async function buildDist() {
  const entryPoints = readdirSync(join(root, 'src'), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts') && !name.startsWith(client))
    .map((name) => join(root, 'src', name));
  const common = /** @type {const} */ ({ format: 'esm', sourcemap: true, logLevel: 'warning' });
  await build({
    ...common,
    entryPoints,
    outdir: join(root, 'dist'),
    outbase: join(root, 'src'),
    platform: 'node',
    target: 'node20',
  });
  // `neutral` has no module of Node: a client that imports one, or a package, is not built.
  await build({
    ...common,
    entryPoints: [join(root, 'src', 'client', 'index.ts')],
    outfile: join(root, 'dist', 'client', 'index.js'),
    bundle: true,
    platform: 'neutral',
    target: 'es2022',
  });
  writeFileSync(join(root, 'dist', '.built'), '');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildDist();
