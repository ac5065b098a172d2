import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** Rooms from the top to the bottom: an import may only point to a lower line. */
const LEVELS: readonly (readonly string[])[] = [
  ['cli'],
  ['app'],
  ['plugins'],
  ['client'],
  ['http'],
  ['access'],
  ['transfer'],
  ['cameras'],
  ['attendance'],
  ['live'],
  ['challenges'],
  ['privacy'],
  ['history'],
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

/** Packages that only one file may import. */
const DOORS: Readonly<Record<string, string>> = {
  'onnxruntime-node': 'engine/onnxruntime-package.ts',
  '@techstark/opencv-js': 'engine/opencv.ts',
  pg: 'gallery/postgres/driver.ts',
  pino: 'shared/pino-logger.ts',
  'prom-client': 'shared/prometheus.ts',
  'libheif-js/libheif-wasm/libheif.js': 'faces/image/heif.ts',
  yazl: 'shared/archive/zip.ts',
  'iconv-lite': 'shared/text-encoding.ts',
  protobufjs: 'models/convert/protobuf.ts',
  sharp: 'faces/image/sharp.ts',
  mqtt: 'plugins/mqtt/mqtt-connection.ts',
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

/** @returns the files of src/ that a file imports, relative to src/ */
function targetsOf(file: string): string[] {
  return importsOf(file)
    .filter((target) => target.startsWith('.'))
    .map((target) =>
      normalize(join(dirname(file), target))
        .split(sep)
        .join('/')
        .replace(/\.js$/, '.ts'),
    )
    .filter((target) => files.includes(target));
}

function wrongArrows(file: string): string[] {
  return targetsOf(file)
    .filter((target) => roomOf(target) !== roomOf(file))
    .filter((target) => levelOf(target) <= levelOf(file))
    .map((target) => `${file} -> ${target}`);
}

/** @returns groups of files of which each reaches all others by imports: Tarjan's strongly connected components */
function circles(): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    const index = order.size;
    order.set(file, index);
    lowest.set(file, index);
    stack.push(file);
    for (const target of targetsOf(file)) {
      if (!order.has(target)) lowest.set(file, Math.min(lowest.get(file)!, visit(target)));
      else if (stack.includes(target)) lowest.set(file, Math.min(lowest.get(file)!, order.get(target)!));
    }
    if (lowest.get(file) === index) {
      const group = stack.splice(stack.indexOf(file));
      if (group.length > 1) found.push(group.sort());
    }
    return lowest.get(file)!;
  };
  for (const file of files) if (!order.has(file)) visit(file);
  return found;
}

describe('the architecture', () => {
  it('knows every room', () => {
    expect(files.filter((file) => levelOf(file) < 0)).toEqual([]);
  });

  it('has imports that point down only', () => {
    expect(files.flatMap(wrongArrows)).toEqual([]);
  });

  it('has plugins that only app/plugins.ts imports, by their plugin.ts, and that do not import each other', () => {
    const pluginOf = (file: string) => /^plugins\/[\w-]+\//.exec(file)?.[0] ?? null;
    const offenders = files.flatMap((file) =>
      targetsOf(file)
        .filter((target) => pluginOf(target) !== null && pluginOf(target) !== pluginOf(file))
        .filter((target) => file !== 'app/plugins.ts' || !target.endsWith('/plugin.ts'))
        .map((target) => `${file} -> ${target}`),
    );
    expect(offenders).toEqual([]);
  });

  it('has no files that import each other in a circle, types included', () => {
    expect(circles()).toEqual([]);
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

  it('sets permission bits in shared/files.ts only', () => {
    expect(files.filter((file) => /\b0o[0-7]{3}\b/.test(textOf(file)) && file !== 'shared/files.ts')).toEqual([]);
  });

  it('writes files and makes folders with permissions', () => {
    const writes =
      /\b(?:writeFile|mkdir)(?:Sync)?\((?![^;]*\bmode: PRIVATE_)|\bcreateWriteStream\((?![^;]*\bPRIVATE_FILE)/;
    const withoutPersonalData = /^(?:models|faces\/pipeline\/provider)\//;
    const offenders = files.filter((file) => file !== 'shared/files.ts' && !withoutPersonalData.test(file));
    expect(offenders.filter((file) => writes.test(textOf(file)))).toEqual([]);
  });

  it('reads the environment and exits in the command line only', () => {
    const offenders = files.filter((file) => /process\.(env|exit|argv)\b/.test(textOf(file)) && roomOf(file) !== 'cli');
    expect(offenders).toEqual([]);
  });
});
