import { build } from 'esbuild';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildHelp } from './help.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const client = join('client', sep);
const KERNELS = [join('faces', 'image', 'pixel-kernel.wasm'), join('matching', 'search', 'scan-kernel.wasm')];

/**
 * Compiles src/ into a folder file by file, bundles the client into one file, adds the script of the API reference, and
 * stamps the folder as complete.
 * @param {{ outdir?: string, sourcemap?: boolean }} [options] default: dist/ with source maps
 */
export async function buildDist({ outdir = join(root, 'dist'), sourcemap = true } = {}) {
  const entryPoints = readdirSync(join(root, 'src'), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts') && !name.startsWith(client))
    .map((name) => join(root, 'src', name));
  const common = /** @type {const} */ ({ format: 'esm', sourcemap, logLevel: 'warning' });
  await build({
    ...common,
    entryPoints,
    outdir,
    outbase: join(root, 'src'),
    platform: 'node',
    target: 'node20',
  });
  // `neutral` has no Node modules: the build fails if the client imports one or a package.
  await build({
    ...common,
    entryPoints: [join(root, 'src', 'client', 'index.ts')],
    outfile: join(outdir, 'client', 'index.js'),
    bundle: true,
    platform: 'neutral',
    target: 'es2022',
    // 9 instead of 15 KB for each visitor of a page, compressed; identifiers stay for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
  });
  for (const kernel of KERNELS) await compileKernel(kernel, join(outdir, kernel));
  copyScalar(join(outdir, 'vendor', 'scalar'));
  buildHelp(join(outdir, 'help'));
  writeFileSync(join(outdir, '.built'), '');
}

/**
 * Compiles loops from AssemblyScript. Takes a second, so a newer file stays.
 * @param {string} kernel path below src/, with the extension of the result
 * @param {string} file
 */
async function compileKernel(kernel, file) {
  const source = join(root, 'src', kernel.replace(/wasm$/, 'as'));
  if (existsSync(file) && statSync(file).mtimeMs > statSync(source).mtimeMs) return;
  const { default: asc } = await import('assemblyscript/asc');
  const options = ['-O3', '--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noAssert'];
  const { error, stderr } = await asc.main(['kernel.ts', '--outFile', 'kernel.wasm', ...options], {
    readFile: (name) => (name === 'kernel.ts' ? readFileSync(source, 'utf8') : null),
    writeFile: (_, bytes) => writeFileSync(file, bytes),
    listFiles: () => [],
  });
  if (error !== null) throw new Error(`${source}: ${stderr.toString()}`, { cause: error });
}

/**
 * Copies Scalar's self-contained browser bundle and its licence. Only this package contains the bundle without hundreds of
 * dependencies.
 * @param {string} folder
 */
function copyScalar(folder) {
  const dist = dirname(fileURLToPath(import.meta.resolve('@scalar/fastify-api-reference')));
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(dist, 'js', 'standalone.js'), join(folder, 'standalone.js'));
  copyFileSync(join(dist, '..', 'LICENSE'), join(folder, 'LICENSE'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildDist();
