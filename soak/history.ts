import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createKeyFile, readKeys } from '../src/gallery/sealing/key-file.js';
import { vaultOf } from '../src/gallery/sealing/vault.js';
import { FileSightings } from '../src/history/files/file-sightings.js';
import type { StrangerMark } from '../src/history/sighting.js';
import type { HistoryChange } from './helpers/history-child.js';
import { count, demand, report } from './helpers/report.js';

/**
 * Are all acknowledged changes of the history there after kill -9, and are the bytes of erased sightings gone from every
 * file? A process that adds, changes, renames and erases sightings, and names, merges and hides strangers, is killed at random
 * moments; every second history is encrypted.
 *
 *   npm run soak -- history        (--rounds 100)
 */
const ROUNDS = count('rounds', 100);
/** After the first change: tsx takes a second to start. */
const LONGEST_LIFE_MS = 600;
const child = fileURLToPath(new URL('./helpers/history-child.ts', import.meta.url));

interface Known {
  readonly person: string | null;
  readonly looks: number;
  /** The first bytes of the crop, hexadecimal; empty without a crop. */
  readonly piece: string;
  readonly stranger: string | null;
  readonly mark: StrangerMark | null;
}
type Model = ReadonlyMap<string, Known>;

const folder = await mkdtemp(join(tmpdir(), 'rostro-soak-history-'));
const totals = { acknowledged: 0, ofStrangers: 0, happened: 0, undone: 0, pieces: 0 };
const start = performance.now();
try {
  await soak();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function soak(): Promise<void> {
  const keyFile = join(folder, 'key');
  await createKeyFile(keyFile);
  const histories = [[], [keyFile]].map((keyFiles, i) => ({
    keyFiles,
    stateDir: join(folder, String(i)),
    model: new Map() as Model,
    underWay: null as HistoryChange | null,
    gone: new Set<string>(),
  }));
  for (let round = 0; round < ROUNDS + histories.length; round++) {
    const history = histories[round % histories.length];
    const { stateDir, keyFiles, underWay, gone } = history;
    const store = new FileSightings(stateDir, vaultOf(await readKeys(keyFiles)));
    const everybody = new Set(Array.from({ length: 8 }, (_, i) => `Person ${i}`));
    await store.recover(everybody);
    const found = await read(store);
    const possible = possibleAfter(history.model, underWay, found);
    const place = possible.findIndex((model) => sameModels(model, found));
    demand(place >= 0, `acknowledged changes are lost, after ${JSON.stringify(underWay)}`);
    if (underWay !== null) totals[place === 0 ? 'undone' : 'happened']++;
    addGone(gone, history.model, found);
    if (keyFiles.length === 0 && round >= histories.length) expectGone(stateDir, gone);
    history.model = found;
    if (round < ROUNDS) Object.assign(history, await killedRun(history));
  }
  report('history', {
    rounds: ROUNDS,
    'changes acknowledged': totals.acknowledged,
    'of these namings, merges and hidings of strangers': totals.ofStrangers,
    'acknowledged and lost': 0,
    'under way at the kill and there afterwards': totals.happened,
    'under way at the kill and not there': totals.undone,
    'pieces of erased faces searched for': totals.pieces,
    'of these found': 0,
    seconds: Math.round((performance.now() - start) / 1000),
  });
}

async function killedRun({
  stateDir,
  keyFiles,
  model,
  gone,
}: {
  stateDir: string;
  keyFiles: string[];
  model: Model;
  gone: Set<string>;
}) {
  const running = spawn(process.execPath, ['--import', 'tsx', child, stateDir, ...keyFiles], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  running.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (text === '') setTimeout(() => running.kill('SIGKILL'), Math.random() * LONGEST_LIFE_MS);
    text += chunk;
  });
  await new Promise((resolve) => running.on('close', resolve));
  const lines = text.split('\n').slice(0, -1);
  let [current, underWay]: [Model, HistoryChange | null] = [model, null];
  for (const line of lines) {
    if (line === 'done') {
      const next = after(current, underWay!);
      addGone(gone, current, next);
      if (underWay!.kind === 'assign' || underWay!.kind === 'place') totals.ofStrangers++;
      [current, underWay] = [next, null];
      totals.acknowledged++;
    } else underWay = JSON.parse(line) as HistoryChange;
  }
  return { model: current, underWay };
}

/**
 * An update replaces the face before the line: one that was not acknowledged may have happened for the face alone. Sightings
 * of several days are placed one day after the other.
 */
function possibleAfter(model: Model, underWay: HistoryChange | null, found: Model): Model[] {
  if (underWay === null) return [model];
  const next = after(model, underWay);
  const possible = [model, next];
  if (underWay.kind === 'place') {
    const isPlaced = (id: string) => JSON.stringify(found.get(id)) === JSON.stringify(next.get(id));
    return [...possible, new Map([...model].map(([id, one]) => [id, isPlaced(id) ? next.get(id)! : one]))];
  }
  if (underWay.kind !== 'update') return possible;
  const known = model.get(underWay.id)!;
  return [...possible, new Map(model).set(underWay.id, { ...known, piece: underWay.piece })];
}

/** Adds the pieces that the second model holds no more. */
function addGone(gone: Set<string>, before: Model, now: Model): void {
  for (const [id, { piece }] of before) if (piece !== '' && now.get(id)?.piece !== piece) gone.add(piece);
}

function after(model: Model, change: HistoryChange): Model {
  const next = new Map(model);
  const known = 'id' in change ? model.get(change.id) : undefined;
  const nobody = { stranger: null, mark: null };
  if (change.kind === 'add') next.set(change.id, { person: change.person, looks: 4, piece: change.piece, ...nobody });
  else if (change.kind === 'update') next.set(change.id, { ...known!, looks: change.looks, piece: change.piece });
  else if (change.kind === 'remove') next.delete(change.id);
  else if (change.kind === 'assign') next.set(change.id, { ...known!, person: change.person, ...nobody });
  else if (change.kind === 'place') {
    const { ids, stranger, mark } = change;
    for (const id of ids) if (model.get(id)?.person === null) next.set(id, { ...model.get(id)!, stranger, mark });
  } else {
    for (const [id, one] of model) {
      if (one.person !== change.person) continue;
      if (change.kind === 'erase') next.delete(id);
      else next.set(id, { ...one, person: change.to });
    }
  }
  return next;
}

async function read(store: FileSightings): Promise<Model> {
  const model = new Map<string, Known>();
  for (const { id, person, looks, stranger, mark } of await store.list({}, { limit: Infinity })) {
    const face = await store.face(id);
    model.set(id, { person, looks, piece: Buffer.from(face!.crop ?? []).toString('hex', 0, 12), stranger, mark });
  }
  return model;
}

function sameModels(one: Model, other: Model): boolean {
  const text = (model: Model) => JSON.stringify([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
  return text(one) === text(other);
}

function expectGone(stateDir: string, pieces: ReadonlySet<string>): void {
  const entries = readdirSync(stateDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const bytes = files.map((file) => readFileSync(file).toString('hex')).join(' ');
  totals.pieces += pieces.size;
  const left = [...pieces].filter((piece) => bytes.includes(piece));
  demand(left.length === 0, `${left.length} pieces of erased faces are left`);
}
