import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onePerson, onePersonAgain } from '../../helpers/portraits.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { hasFfmpeg, needsFfmpeg } from '../../helpers/video.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

interface Step {
  readonly title: string;
  readonly language: string;
  readonly code: string;
}

/** The ways that "Step by step" of the first page of the documentation shows: the code below each heading. */
async function stepsOfDocument(): Promise<Step[]> {
  const document = await readFile(join(root, 'docs', 'getting-started.md'), 'utf8');
  const [section] = document.split('\n## Step by step\n')[1].split('\n## ');
  return [...section.matchAll(/^### (.+?)\n.*?^```(sh|js)\n(.*?)^```$/gms)].map(([, title, language, code]) => ({
    title,
    language,
    code,
  }));
}

let folder: string;
let server: TestServer;
let steps: Step[];

/** A folder as a stranger's, with the packages that the steps need. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-walk-'));
  const links = [
    ['.', 'rostro'],
    ['bin/rostro.js', '.bin/rostro'],
    ['node_modules/@exadel', '@exadel'],
    ['node_modules/axios', 'axios'],
    ['node_modules/form-data', 'form-data'],
  ];
  for (const [to, name] of links) {
    await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true });
    await symlink(join(root, to), join(folder, 'node_modules', name));
  }
  await writeFile(join(folder, 'ada.jpg'), await onePerson());
  await writeFile(join(folder, 'frame.jpg'), await onePersonAgain());
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1', ROSTRO_DATA: folder });
  steps = await stepsOfDocument();
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function outputOf({ language, code }: Step): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const here = code
    .replaceAll('localhost:5000', `${hostname}:${port}`)
    .replaceAll("'http://localhost', 5000", `'http://${hostname}', ${port}`);
  const options = { cwd: folder, env: { ...process.env, DETECTOR: 'ssd', EMBEDDER: 'face-api' } };
  if (language === 'sh') return (await run('bash', ['-e', '-c', here], options)).stdout;
  const file = /^\/\/ (\S+)/.exec(code)![1];
  await writeFile(join(folder, file), here);
  return (await run(process.execPath, [file], options)).stdout;
}

describe('the documented steps from nothing to a name', () => {
  it('are these', () => {
    expect(steps.map(({ title }) => title)).toEqual([
      'With curl',
      'From code',
      'With a CompreFace client',
      'With a camera',
    ]);
  });

  it('name a face with curl', async () => {
    expect((await outputOf(steps[0])).match(/"name":"[^"]+"/g)).toEqual(['"name":"Ada"', '"name":"Ada"']);
  });

  it('name it with the client', async () => {
    expect(await outputOf(steps[1])).toMatch(/^Ada 0\.\d+\n$/);
  });

  it('name it with the SDK of CompreFace', async () => {
    expect(await outputOf(steps[2])).toMatch(/^Ada \[\s*\{\s*subject: 'Ada',\s*similarity: [01]/);
  });

  it.skipIf(!hasFfmpeg)(`name it before a camera${needsFfmpeg}`, async () => {
    const events = (await outputOf(steps[3])).trim().split('\n');
    expect(events.map((line) => JSON.parse(line) as object)).toMatchObject([
      { type: 'appeared', person: 'Ada' },
      { type: 'left', person: 'Ada' },
    ]);
  });
});
