import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import {
  contentsOf,
  contract,
  filesIn,
  numbered,
  removeTemporaryFolders,
  said,
  temporaryFolder,
} from '../../../helpers/gallery-fixture.js';
import type { PersonDetails } from '../../../../src/gallery/gallery.js';
import { detailsOf, type Told } from './kill-child.js';

const ROUNDS = 25;
const LONGEST_LIFE_MS = 120;

let child: string;
beforeAll(async () => {
  child = join(temporaryFolder(), 'kill-child.mjs');
  const entry = fileURLToPath(new URL('./kill-child.ts', import.meta.url));
  await build({
    entryPoints: [entry],
    outfile: child,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
});
afterAll(removeTemporaryFolders);

interface ModelPerson {
  readonly numbers: readonly number[];
  readonly details: PersonDetails;
}
type Model = ReadonlyMap<string, ModelPerson>;

const NOBODY: ModelPerson = { numbers: [], details: { id: null, metadata: {}, groups: [] } };

function after(model: Model, change: Told): Model {
  const next = new Map(model);
  const before = model.get(change.name) ?? NOBODY;
  const { numbers } = before;
  next.delete(change.name);
  switch (change.kind) {
    case 'add':
      return next.set(change.name, { ...before, numbers: [...numbers, change.number] });
    case 'rename':
      return next.set(change.to, before);
    case 'removeExample':
      if (numbers.length === 1) return next;
      return next.set(change.name, { ...before, numbers: numbers.filter((_, i) => i !== change.index) });
    case 'removePerson':
      return next;
    case 'describe':
      return next.set(change.name, { ...before, details: detailsOf(change.number) });
    case 'merge':
      return next.set(change.into, merged(before, model.get(change.into)!));
    case 'put':
      return next.set(change.name, {
        numbers: [change.number, change.number + 0.5],
        details: detailsOf(change.number),
      });
  }
}

function merged(from: ModelPerson, into: ModelPerson): ModelPerson {
  const metadata = { ...from.details.metadata, ...into.details.metadata };
  const groups = [...new Set([...from.details.groups, ...into.details.groups])].sort();
  const details = { id: into.details.id ?? from.details.id, metadata, groups };
  return { numbers: [...into.numbers, ...from.numbers], details };
}

function contentsOfModel(model: Model): Record<string, string[]> {
  return Object.fromEntries(
    [...model].map(([name, { numbers, details }]) => [name, [...said(details), ...numbered(...numbers)]]),
  );
}

/** Lets the child work for a moment after its first change, kills it with SIGKILL, and gives what it said. */
async function killedWhileWorking(dataDir: string, firstNumber: number): Promise<string[]> {
  const process_ = spawn(process.execPath, [child, dataDir, String(firstNumber)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let complaints = '';
  process_.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  process_.stdout.on('data', (chunk: Buffer) => {
    if (said === '') setTimeout(() => process_.kill('SIGKILL'), Math.random() * LONGEST_LIFE_MS);
    said += chunk.toString();
  });
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => {
    process_.on('close', (_, by) => {
      resolve(by);
    });
  });
  expect(complaints).toBe('');
  expect(signal).toBe('SIGKILL');
  return said.trimEnd().split('\n');
}

it('keeps everything acknowledged, and nothing by halves, over kill -9 at any moment', async () => {
  const dataDir = temporaryFolder();
  let model: Model = new Map();
  let acknowledged = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const lines = await killedWhileWorking(dataDir, round * 100_000);
    let underWay: Told | null = null;
    for (const line of lines) {
      if (line === 'done') {
        model = after(model, underWay!);
        underWay = null;
        acknowledged += 1;
      } else underWay = JSON.parse(line.slice('begin '.length)) as Told;
    }
    const { gallery, report } = await openNpyGallery({ dataDir, contract });
    const contents = await contentsOf(gallery);
    const possible = underWay === null ? [model] : [model, after(model, underWay)];
    expect(possible.map(contentsOfModel), `round ${round}, ${JSON.stringify(underWay)}`).toContainEqual(contents);
    model = possible.find((candidate) => isSame(contentsOfModel(candidate), contents))!;
    expect(report).toMatchObject({ unknownFiles: [], quarantined: [], missingCrops: [] });
    const crops = gallery.people().flatMap(({ examples }) => examples.map(({ crop }) => crop!));
    const files = filesIn(dataDir);
    expect(files.filter((file) => file.startsWith('uploads/') && file !== 'uploads/')).toEqual(crops.sort());
    expect(files.filter((file) => file.startsWith('embeddings/') && file !== 'embeddings/')).toHaveLength(
      2 * model.size,
    );
  }
  expect(acknowledged).toBeGreaterThan(ROUNDS);
}, 180_000);

function isSame(a: Record<string, string[]>, b: Record<string, string[]>): boolean {
  const sorted = (contents: Record<string, string[]>): string => JSON.stringify(Object.entries(contents).sort());
  return sorted(a) === sorted(b);
}
