import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** Rooms from the roof to the ground; an import may only point to a lower line. Rooms of one line are siblings. */
const LEVELS: readonly (readonly string[])[] = [
  ['cli'],
  ['app'],
  ['plugins'],
  ['client'],
  ['http'],
  ['access'],
  ['transfer'],
  ['cameras'],
  ['live'],
  ['privacy'],
  ['events'],
  ['people'],
  ['evaluation'],
  ['matching'],
  ['gallery'],
  ['faces'],
  ['models'],
  ['engine'],
  ['shared'],
];

/** Arrows up to the optional parts, until these register themselves. */
const ALLOWED = new Set([
  'events -> plugins',
  'http -> plugins',
  'engine -> plugins',
  'transfer -> plugins',
  'cameras -> plugins',
  'privacy -> plugins',
  'matching -> events',
]);

/** Packages that only one file may import. */
const DOORS: Readonly<Record<string, string>> = {
  'onnxruntime-node': 'engine/onnxruntime.ts',
  '@techstark/opencv-js': 'engine/opencv.ts',
  pg: 'gallery/postgres/driver.ts',
  pino: 'shared/pino-logger.ts',
  'prom-client': 'shared/metrics.ts',
  yazl: 'shared/archive/zip.ts',
  mqtt: 'plugins/mqtt/mqtt-link.ts',
  '@tensorflow/tfjs-core': 'plugins/tensorflow/tensorflow.ts',
  '@tensorflow/tfjs-backend-wasm': 'plugins/tensorflow/tensorflow.ts',
  '@tensorflow/tfjs-node': 'plugins/tensorflow/tensorflow.ts',
  '@tensorflow/tfjs-node-gpu': 'plugins/tensorflow/tensorflow.ts',
};

const src = fileURLToPath(new URL('../../src', import.meta.url));
const files = readdirSync(src, { recursive: true })
  .map((name) => String(name).split(sep).join('/'))
  .filter((name) => name.endsWith('.ts'));
const textOf = (file: string) => readFileSync(join(src, file), 'utf8');
const importsOf = (file: string) =>
  [...textOf(file).matchAll(/\bfrom '([^']+)'|\b(?:import|require)\('([^']+)'\)/g)].map((match) =>
    match.slice(1).find(Boolean)!,
  );
const roomOf = (file: string) => file.split('/')[0].replace(/\.(ts|js)$/, '');
const levelOf = (file: string) => LEVELS.findIndex((rooms) => rooms.includes(roomOf(file)));

function wrongArrows(file: string): string[] {
  return importsOf(file)
    .filter((target) => target.startsWith('.'))
    .map((target) =>
      normalize(join(dirname(file), target))
        .split(sep)
        .join('/'),
    )
    .filter((target) => !target.startsWith('..') && roomOf(target) !== roomOf(file))
    .filter((target) => levelOf(target) <= levelOf(file))
    .filter((target) => !ALLOWED.has(`${roomOf(file)} -> ${roomOf(target)}`))
    .map((target) => `${file} -> ${target}`);
}

describe('the architecture', () => {
  it('knows every room', () => {
    expect(files.filter((file) => levelOf(file) < 0)).toEqual([]);
  });

  it('has imports that point down only', () => {
    expect(files.flatMap(wrongArrows)).toEqual([]);
  });

  it('has a client that takes types from the server, and nothing that runs', () => {
    const sources = files.filter((file) => roomOf(file) === 'client');
    const statements = sources.flatMap((file) => textOf(file).match(/^(?:import|export)\b[^;]*\bfrom '[^']+'/gm) ?? []);
    expect(statements.filter((text) => !/from '\.\/[\w-]+\.js'$/.test(text) && !/^import type /.test(text))).toEqual(
      [],
    );
    expect(sources.filter((file) => /from '(?!\.\/)/.test(textOf(file)))).toEqual(['client/types.ts']);
  });

  it.each(Object.entries(DOORS))('imports %s in %s only', (name, door) => {
    expect(files.filter((file) => importsOf(file).includes(name))).toEqual([door]);
  });

  it('reads the environment and exits in the command line only', () => {
    const offenders = files.filter((file) => /process\.(env|exit|argv)\b/.test(textOf(file)) && roomOf(file) !== 'cli');
    expect(offenders).toEqual([]);
  });
});
