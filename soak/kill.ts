import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyFile } from '../src/gallery/sealing/key-file.js';
import { query, startPostgres } from '../test/helpers/postgres.js';
import { Clients } from './helpers/clients.js';
import { expectNoLeftovers, expectSound, isInterrupted } from './helpers/gallery-checks.js';
import { twoPortraits } from './helpers/photos.js';
import { count, demand, report } from './helpers/report.js';
import { ServerProcess } from './helpers/server-process.js';

/**
 * Are all acknowledged changes present after kill -9, and none partial? A real server with four clients that enrol,
 * rename and delete is killed at random moments; in every second round its gallery is encrypted.
 *
 *   npm run soak -- kill        (--rounds 200; --postgres 1 keeps the galleries in a PostgreSQL of its own)
 */
const ROUNDS = count('rounds', 200);
const CLIENTS = 4;
const LONGEST_LIFE_MS = 2500;

const folder = await mkdtemp(join(tmpdir(), 'rostro-soak-kill-'));
const postgres = count('postgres', 0) === 0 ? null : await startPostgres({ fsync: true });
const seen = { happened: 0, undone: 0, interrupted: 0 };
const start = performance.now();
try {
  await soak();
} finally {
  await ServerProcess.killAll();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
}

async function soak(): Promise<void> {
  await createKeyFile(join(folder, 'key'));
  const photos = await twoPortraits();
  const galleries = [];
  for (const [i, keyFile] of ['', join(folder, 'key')].entries()) {
    const DATABASE_URL = (await postgres?.newDatabase()) ?? '';
    galleries.push({
      dataDir: join(folder, String(i)),
      settings: { ENCRYPTION_KEY_FILE: keyFile, DATABASE_URL },
      clients: new Clients(photos, { count: CLIENTS }),
    });
  }
  for (let round = 0; round < ROUNDS; round++) {
    const { dataDir, settings, clients } = galleries[round % 2];
    seen.interrupted += Number(isInterrupted(dataDir));
    const server = await ServerProcess.start(dataDir, settings);
    const { happened, undone } = await clients.check(server.url);
    seen.happened += happened;
    seen.undone += undone;
    if (postgres === null) expectNoLeftovers(dataDir, clients);
    else await expectNoExtraRows(settings.DATABASE_URL, clients);
    const working = clients.run(server.url);
    await Promise.race([working, new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_LIFE_MS))]);
    await server.kill();
    await working;
    if (round % 20 === 19) console.error(`${round + 1} of ${ROUNDS} rounds`);
  }
  for (const { dataDir, settings, clients } of galleries.slice(0, ROUNDS)) {
    const server = await ServerProcess.start(dataDir, settings);
    await clients.check(server.url);
    demand((await server.stop()) === 0, 'the server did not end well');
    expectSound(dataDir, settings);
  }
  report('kill', {
    rounds: ROUNDS,
    storage: postgres === null ? 'files' : 'PostgreSQL',
    clients: CLIENTS,
    'changes acknowledged': galleries.reduce((sum, { clients }) => sum + clients.total('acknowledged'), 0),
    'acknowledged and lost': 0,
    'half done': 0,
    'under way at the kill and there afterwards': seen.happened,
    'under way at the kill and not there': seen.undone,
    'changes finished or undone at the next start': seen.interrupted,
    seconds: Math.round((performance.now() - start) / 1000),
  });
}

async function expectNoExtraRows(url: string, { clients }: Clients): Promise<void> {
  const expected = clients.flatMap(({ model }) => [...model.values()]);
  const [row] = await query(
    url,
    'SELECT (SELECT count(*) FROM rostro.people) AS people, (SELECT count(*) FROM rostro.examples) AS examples',
  );
  const found = [Number(row.people), Number(row.examples)];
  const wanted = [expected.length, expected.flat().length];
  demand(found.join() === wanted.join(), `people and examples: ${found.join()} rows, not ${wanted.join()}`);
}
