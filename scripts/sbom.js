import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Run by `npm run sbom`: prints the bill of materials of npm (CycloneDX), with the compiled code that packages carry. npm
 * does not know it, and neither do the scanners that read the document.
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const { resolve } = createRequire(import.meta.url);

/** What is known of the origin of compiled code in version `of` of a package: from the README, the history and the build information in the file. */
const CARRIED = {
  '@techstark/opencv-js': {
    of: '4.12.0-release.1',
    file: 'dist/opencv.js',
    name: 'opencv',
    version: '4.12.0',
    licence: 'Apache-2.0',
    cpe: 'cpe:2.3:a:opencv:opencv:4.12.0:*:*:*:*:*:*:*',
    source: 'https://github.com/opencv/opencv',
    origin:
      'OpenCV compiled to WebAssembly. The README of the package says that the file was downloaded from ' +
      'https://docs.opencv.org/4.12.0/opencv.js; its build information says OpenCV 4.12.0, built on 2025-07-03 with ' +
      'Emscripten. The package changes one line of it (opencv.js.patch). Its publisher is not the OpenCV project.',
  },
  'libsvm-js': {
    of: '0.2.1',
    file: 'out/wasm/libsvm.wasm',
    name: 'libsvm',
    version: '3.22',
    licence: 'BSD-3-Clause',
    source: 'https://github.com/cjlin1/libsvm',
    origin:
      'LIBSVM compiled to WebAssembly with Emscripten by the mljs project. The README of the package says version 3.22; ' +
      'the compiler and the day of the build are not known.',
  },
  'libheif-js': {
    of: '1.23.2',
    file: 'libheif-wasm/libheif.wasm',
    name: 'libheif',
    version: '1.23',
    licence: 'LGPL-3.0-only',
    source: 'https://github.com/strukturag/libheif',
    origin:
      'libheif with the HEVC decoder libde265, compiled to WebAssembly with Emscripten. The README of the package says that ' +
      'its major and minor version are those of libheif; the compiler and the day of the build are not known.',
  },
};

/** @param {string} name of a package @returns {string} its folder */
function folderOf(name) {
  const path = resolve(name);
  return path.slice(0, path.indexOf(join('node_modules', name)) + join('node_modules', name).length);
}

/** @param {string} name of a package @param {(typeof CARRIED)[keyof typeof CARRIED]} carried */
function componentOf(name, carried) {
  const { file, version, licence, source, origin } = carried;
  const content = createHash('sha256')
    .update(readFileSync(join(folderOf(name), file)))
    .digest('hex');
  return {
    type: 'library',
    'bom-ref': `${name}/${file}`,
    name: carried.name,
    version,
    description: origin,
    ...('cpe' in carried && { cpe: carried.cpe }),
    hashes: [{ alg: 'SHA-256', content }],
    licenses: [{ license: { id: licence } }],
    externalReferences: [{ type: 'vcs', url: source }],
    properties: [{ name: 'rostro:file', value: `${name}/${file}` }],
  };
}

/** @returns {string} the bill of materials as JSON */
export function billOfMaterials() {
  // On Windows npm is a script that only a shell starts.
  const options = /** @type {const} */ ({ cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const shell = process.platform === 'win32';
  const bill = JSON.parse(
    execFileSync('npm', 'sbom --sbom-format cyclonedx --omit dev --package-lock-only'.split(' '), {
      ...options,
      shell,
    }),
  );
  for (const component of bill.components) {
    const carried = CARRIED[/** @type {keyof typeof CARRIED} */ (component.name)];
    if (!carried) continue;
    if (carried.of !== component.version) {
      throw new Error(
        `${component.name} is now ${component.version}: look up what it carries, and change scripts/sbom.js.`,
      );
    }
    component.components = [componentOf(component.name, carried)];
  }
  return JSON.stringify(bill, null, 2);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(billOfMaterials());
