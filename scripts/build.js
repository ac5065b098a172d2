import { build, stop } from 'esbuild';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildHelp } from './help.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What is started or imported from outside: the command line, processes and threads, and what scripts need. */
const ENTRIES = [
  'cli/main',
  'faces/pipeline/worker',
  'faces/pipeline/embedding-worker',
  'faces/pipeline/provider/trial-process',
  'matching/search/search-worker',
  'matching/classifiers/training-worker',
  'plugins/tensorflow/engine',
  'models/manifest',
  'http/schemas',
  'events/event',
];
const KERNELS = ['faces/image/pixel-kernel.as', 'matching/search/scan-kernel.as'].map((name) =>
  join(root, 'src', name),
);

/**
 * Compiles src/ into few files, because Node.js takes half a millisecond or more to load one; npm packages stay outside.
 * Bundles the client into one file, adds the script of the API reference, and stamps the folder as complete.
 * @param {{ outdir?: string, sourcemap?: boolean }} [options] default: dist/ with source maps
 */
export async function buildDist({ outdir = join(root, 'dist'), sourcemap = true } = {}) {
  const common = /** @type {const} */ ({ format: 'esm', bundle: true, sourcemap, logLevel: 'warning' });
  const { metafile } = await build({
    ...common,
    entryPoints: ENTRIES.map((name) => join(root, 'src', `${name}.ts`)),
    outdir,
    // Beside each other, so that a path relative to a module is the same in every file.
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    splitting: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    metafile: true,
  });
  // Files of an earlier build have other hashes in their names.
  const built = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
  for (const name of readdirSync(outdir)) {
    if (/\.js(\.map)?$/.test(name) && !built.has(name)) rmSync(join(outdir, name));
  }
  // `neutral` has no Node modules: the build fails if the client imports one or a package.
  await build({
    ...common,
    entryPoints: [join(root, 'src', 'client', 'index.ts')],
    outfile: join(outdir, 'client', 'index.js'),
    platform: 'neutral',
    target: 'es2022',
    // 9 instead of 15 KB for each visitor of a page, compressed; identifiers stay for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
  });
  // Its process would stay as long as the server that was built.
  await stop();
  for (const source of KERNELS) await compileKernel(source, join(outdir, `${basename(source, '.as')}.wasm`));
  copyScalar(join(outdir, 'vendor', 'scalar'));
  buildHelp(join(outdir, 'help'));
  writeFileSync(join(outdir, '.built'), '');
}

/**
 * Compiles loops from AssemblyScript. Takes a second, so a newer file stays.
 * @param {string} source
 * @param {string} file
 */
async function compileKernel(source, file) {
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
