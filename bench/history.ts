import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sealingKey } from '../src/gallery/sealing/sealed.js';
import { plainVault, type Vault, vaultOf } from '../src/gallery/sealing/vault.js';
import { openDatabase } from '../src/gallery/postgres/migrate.js';
import { DatabaseSightings } from '../src/history/database-sightings.js';
import { encodeFace } from '../src/history/face-bytes.js';
import { payloadOf, renderLines, sealedLineName } from '../src/history/files/day-log.js';
import { FileSightings } from '../src/history/files/file-sightings.js';
import type { SightingStore } from '../src/history/sighting-store.js';
import { newSightingId } from '../src/history/sighting.js';
import { sealedStateName } from '../src/gallery/sealing/state-file.js';
import { Strangers } from '../src/history/strangers.js';
import { seededRandom } from '../src/shared/statistics/random.js';
import { startPostgres } from '../test/helpers/postgres.js';
import { sightingOf } from '../test/helpers/sightings.js';
import { quantile } from './support/harness.js';

/**
 * 100,000 sightings of 30 days, half of them of 100 people and half of strangers: reading them at the start, the first
 * page (also of one person), and erasing a person (500 sightings of all days). The strangers have five sightings each:
 * reading their faces before the first comparison, comparing a new sighting, and the first page of strangers. In plain and
 * encrypted files, and in PostgreSQL on the same machine.
 *
 *   npx tsx bench/history.ts        (SIGHTINGS=100000)
 */
const SIGHTINGS = Number(process.env.SIGHTINGS ?? 100_000);
const [DAYS, PEOPLE, PAGE, RUNS] = [30, 100, 50, 15];
const DIMENSION = 512;
const EACH = 5;
/** Rows in one statement. */
const AT_ONCE = 1000;
const random = seededRandom(1);
const FACE = { embedding: { contract: 'bench', vector: new Float32Array(DIMENSION) }, crop: new Uint8Array(4096) };
const START = Date.UTC(2026, 0, 1);

const sightings = Array.from({ length: SIGHTINGS }, (_, i) => {
  const at = new Date(START + ((DAYS * 86_400_000) / SIGHTINGS) * i);
  return { ...sightingOf({ at, person: i % 2 ? `Person ${((i - 1) / 2) % PEOPLE}` : null }), at, index: i };
});
type Placed = (typeof sightings)[number];
/** Of the even sightings, which show strangers. */
const vectors = new Map<number, Float32Array>();
const nobody = () => Promise.resolve();

const plain = await inFiles(plainVault);
const encrypted = await inFiles(vaultOf([sealingKey(randomBytes(32))]));
console.table({ plain, encrypted });
const postgres = await inPostgres();
console.table({ plain, encrypted, postgres });
const slowest = (figure: keyof typeof plain) => Math.max(plain[figure], encrypted[figure], postgres[figure]);
const FIGURES = ['pageMs', 'eraseMs', 'loadMs', 'strangersStartMs', 'compareMs', 'strangersPageMs'] as const;
const figures = Object.fromEntries(FIGURES.map((figure) => [figure, slowest(figure)]));
console.log(JSON.stringify({ bench: 'history', sightings: SIGHTINGS, ...figures }));

async function inFiles(vault: Vault) {
  const stateDir = await mkdtemp(join(tmpdir(), 'rostro-bench-'));
  try {
    fill(join(stateDir, 'history'), vault);
    return await measure(() => new FileSightings(stateDir, vault));
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
}

function fill(folder: string, vault: Vault): void {
  const keys = new Map(Array.from({ length: PEOPLE }, (_, i) => [`Person ${i}`, randomUUID() as string]));
  for (let i = 0; i < DAYS; i++) {
    const day = new Date(START + i * 86_400_000).toISOString().slice(0, 10);
    const ofDay = sightings.filter(({ at }) => at.toISOString().startsWith(day));
    mkdirSync(join(folder, day), { recursive: true, mode: 0o700 });
    const lines = ofDay.map((one) => {
      const { at, id, person, last, index, ...facts } = one;
      const who = { person: person && keys.get(person), stranger: strangerOf({ person, index }) };
      const stored = { ...facts, ...who, last: last.getTime(), hasCrop: at < last };
      const json = Buffer.from(JSON.stringify(stored));
      return { id, payload: payloadOf(vault.seal(json, sealedLineName(id))) };
    });
    writeFileSync(join(folder, day, 'sightings.log'), renderLines(lines));
    for (const sighting of ofDay) {
      const { id } = sighting;
      const path = join(folder, day, `${id}.face`);
      writeFileSync(path, vault.seal(encodeFace(faceOf(sighting)), sealedStateName(path)));
    }
  }
  const names = Object.fromEntries([...keys].map(([name, key]) => [key, name]));
  const table = Buffer.from(JSON.stringify({ version: 1, names, moves: [] }));
  const path = join(folder, 'people.json');
  writeFileSync(path, vault.seal(table, sealedStateName(path)));
}

/** Null for a person. */
function strangerOf({ person, index }: Pick<Placed, 'person' | 'index'>): string | null {
  return person === null ? (index / 2 - ((index / 2) % EACH)).toString(16).padStart(16, '0') : null;
}

function faceOf(sighting: Placed) {
  if (sighting.person !== null) return FACE;
  const of = Number.parseInt(strangerOf(sighting)!, 16);
  const vector = vectors.get(of) ?? unitVector();
  vectors.set(of, vector);
  return { ...FACE, embedding: { contract: 'bench', vector } };
}

function unitVector(): Float32Array {
  const vector = Float32Array.from({ length: DIMENSION }, () => random() - 0.5);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

async function inPostgres() {
  const server = await startPostgres({ fsync: true });
  const database = await openDatabase(await server.newDatabase());
  try {
    const names = Array.from({ length: PEOPLE }, (_, i) => `Person ${i}`);
    await database.query('INSERT INTO rostro.people (name) SELECT * FROM unnest($1::text[])', [names]);
    const facts = JSON.stringify({ looks: 4, distance: 0.7, threshold: 1, falseMatchRate: 0.01, live: null });
    for (let from = 0; from < SIGHTINGS; from += AT_ONCE) {
      const some = sightings.slice(from, from + AT_ONCE);
      await database.query(
        `INSERT INTO rostro.sightings (id, source, camera, last_seen, quality, facts, has_crop, face, person, stranger)
         SELECT s.id, 'camera', 'door', s.at, 0.5, $1, true, s.face, p.key, s.stranger
         FROM unnest($2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::bytea[]) AS s (id, at, name, stranger, face)
         LEFT JOIN rostro.people p ON p.name = s.name`,
        [
          ...[facts, some.map(({ id }) => id), some.map(({ at }) => at), some.map(({ person }) => person)],
          ...[some.map(strangerOf), some.map((one) => Buffer.from(encodeFace(faceOf(one))))],
        ],
      );
    }
    return await measure(() => new DatabaseSightings(database, plainVault));
  } finally {
    await database.close();
    await server.stop();
  }
}

async function measure(open: () => SightingStore) {
  const [loadMs, store] = await timed(async () => {
    const opened = open();
    await opened.summary();
    return opened;
  });
  const median = async (work: (run: number) => Promise<unknown>) => {
    const times: number[] = [];
    for (let i = 0; i < RUNS; i++) times.push((await timed(() => work(i)))[0]);
    return round(quantile(times, 0.5));
  };
  const page = { limit: PAGE };
  const result = {
    loadMs: Math.round(loadMs),
    pageMs: await median(() => store.list({}, page)),
    personPageMs: await median((i) => store.list({ person: `Person ${i}` }, page)),
    addMs: await median(() => store.add({ ...sightingOf(), id: newSightingId(new Date()) }, FACE, () => true)),
    eraseMs: await median((i) => store.erasing(`Person ${i}`, nobody)),
    ...(await measureStrangers(store, median)),
  };
  await store.close();
  return result;
}

async function measureStrangers(store: SightingStore, median: (work: () => Promise<unknown>) => Promise<number>) {
  const contract = { id: 'bench', threshold: 1.1 };
  const strangers = new Strangers({ store, contract, threshold: { current: () => 1 }, log: console });
  const compare = async () => {
    const sighting = { ...sightingOf(), id: newSightingId(new Date()) };
    await store.add(sighting, { ...FACE, embedding: { contract: 'bench', vector: unitVector() } }, () => true);
    const [ms] = await timed(() => strangers.place(sighting.id));
    return ms;
  };
  const strangersStartMs = Math.round(await compare());
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) times.push(await compare());
  return {
    strangersStartMs,
    compareMs: round(quantile(times, 0.5)),
    strangersPageMs: await median(() => strangers.list(PAGE)),
  };
}

async function timed<T>(work: () => Promise<T>): Promise<[ms: number, result: T]> {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
}

function round(milliseconds: number): number {
  return Number(milliseconds.toPrecision(3));
}
