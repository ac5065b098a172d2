import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseContainerfile, parseEnv } from '../../../packaging/container/containerfile.js';
import { contextFiles } from '../../../packaging/container/context.js';
import { readConfig } from '../../../src/app/config.js';
import { SETTING_NAMES } from '../../../src/app/settings.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const stages = parseContainerfile(read('Containerfile'));
const image = stages.find(({ name }) => name === 'server')!.instructions;
const only = (keyword: string) => {
  const found = image.filter((instruction) => instruction.keyword === keyword);
  expect(found).toHaveLength(1);
  return found[0];
};

describe('the Containerfile', () => {
  it('copies what is there, and what the context has', () => {
    const context = contextFiles(root);
    const copies = stages.flatMap(({ instructions }) => instructions.filter(({ keyword }) => keyword === 'COPY'));
    const sources = copies
      .filter(({ flags }) => !('from' in flags))
      .flatMap(({ text }) => text.split(' ').slice(0, -1));
    expect(sources.length).toBeGreaterThan(3);
    for (const source of sources.filter((path) => path !== '.')) {
      expect(existsSync(join(root, source)), source).toBe(true);
      expect(context, source).toContain(source);
    }
  });

  it('pins every image of a registry by its digest', () => {
    const names = stages.map(({ name }) => name);
    const images = stages.map(({ base }) => base).filter((base) => !names.includes(base));
    expect(images.length).toBeGreaterThan(0);
    expect(images.filter((image) => !/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/.test(image))).toEqual([]);
  });

  it('runs a version of Node.js that is maintained and that the package allows', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    expect(stages[0].base).toMatch(/^node:24\./);
    expect(engines.node).toContain('>=24');
  });

  it('is given nothing of a checkout but what it is built from', () => {
    const context = contextFiles(root);
    expect(context).toEqual(
      expect.arrayContaining(['src/app/main.ts', 'public/index.html', 'model/README.md', '.npmrc']),
    );
    expect(
      context.filter((path) => /^(uploads|embeddings|test|dist|\.(?!npmrc))|\.(onnx|pb|npy|jpe?g)$/.test(path)),
    ).toEqual([]);
    expect(context.filter((path) => /^(model|npy)\//.test(path)).sort()).toEqual(['model/README.md', 'npy/README.md']);
  });

  it('has all that the package is made of', () => {
    const { files } = JSON.parse(read('package.json')) as { files: string[] };
    const context = contextFiles(root);
    for (const name of files.filter((name) => name !== 'dist')) {
      expect(
        context.some((path) => path === name || path.startsWith(`${name}/`)),
        name,
      ).toBe(true);
    }
  });

  it('installs the ffmpeg that the cameras are tested with', () => {
    const packages = stages
      .flatMap(({ instructions }) => instructions)
      .flatMap(({ text }) => /apt-get install ([^&]*)/.exec(text)?.[1].split(' ') ?? []);
    const program = readConfig({}).live.ffmpeg;
    expect(packages).toContain(program);
    expect(read('.ci/run')).toContain(`missing+=(${program})`);
  });

  it('runs as somebody other than root, on the port and the folder that it declares, without a key', () => {
    const env = Object.fromEntries(parseEnv(only('ENV').text));
    const { server, storage } = readConfig(env);
    expect({ port: String(server.port), dataDir: storage.dataDir, open: server.open }).toEqual({
      port: only('EXPOSE').text,
      dataDir: only('VOLUME').text,
      open: false,
    });
    expect(
      Object.keys(env).filter((name) => name !== 'NODE_ENV' && !(SETTING_NAMES as string[]).includes(name)),
    ).toEqual([]);
    expect(only('USER').text).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(stages.at(-1)!.instructions.at(-1)).toMatchObject({ keyword: 'USER', text: only('USER').text });
  });

  it('starts the program of the package and looks at its health', () => {
    const { bin } = JSON.parse(read('package.json')) as { bin: { rostro: string } };
    expect(only('ENTRYPOINT').list).toEqual(['node', `/app/${bin.rostro}`]);
    expect(only('CMD').list).toEqual(['serve']);
    expect(only('HEALTHCHECK').list).toEqual(['node', '/app/healthcheck.js']);
    expect(read('packaging/container/healthcheck.js')).toContain("'/readyz'");
  });
});
