import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDist } from './build.js';
import { buildClientTypes } from './client-types.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** npm always packs these files. */
const ALWAYS = ['README.md', 'LICENSE'];

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
    for (const name of [...ALWAYS, ...manifest.files.filter((name) => name !== 'dist')]) {
      cpSync(join(root, name), join(stage, name), { recursive: true });
    }
    await buildDist({ outdir: join(stage, 'dist'), sourcemap: false });
    await buildClientTypes(join(stage, 'dist'));
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
  return manifest;
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
