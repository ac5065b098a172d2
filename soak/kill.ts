import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyFile } from '../src/gallery/sealing/key-file.js';
import { Clients } from './helpers/clients.js';
import { twoPortraits } from './helpers/photos.js';
import { count, demand, report } from './helpers/report.js';
import { ServerProcess } from './helpers/server-process.js';

/**
 * Are all acknowledged changes present after kill -9, and none partial? A real server with four clients that enrol,
 * rename and delete is killed at random moments; in every second round its gallery is encrypted.
 *
 *   npm run soak -- kill        (ROUNDS=200)
 */
const ROUNDS = count('ROUNDS', 200);
const CLIENTS = 4;
const LONGEST_LIFE_MS = 2500;

const folder = await mkdtemp(join(tmpdir(), 'rostro-soak-kill-'));
await createKeyFile(join(folder, 'key'));
const photos = await twoPortraits();
const galleries = ['', join(folder, 'key')].map((keyFile, i) => ({
  dataDir: join(folder, String(i)),
  settings: { ENCRYPTION_KEY_FILE: keyFile },
  clients: new Clients(photos, { count: CLIENTS }),
}));
const seen = { happened: 0, undone: 0, finishedAtStart: 0, undoneAtStart: 0 };
const start = performance.now();
try {
  for (let round = 0; round < ROUNDS; round++) {
    const { dataDir, settings, clients } = galleries[round % 2];
    const server = await ServerProcess.start(dataDir, settings);
    const strange = server.notes.filter((note) => !note.startsWith('the last stop interrupted a change'));
    demand(strange.length === 0, `round ${round}: ${strange.join('; ')}`);
    for (const note of server.notes) seen[note.endsWith('finished') ? 'finishedAtStart' : 'undoneAtStart'] += 1;
    const { happened, undone } = await clients.check(server.url);
    seen.happened += happened;
    seen.undone += undone;
    expectNoLeftovers(dataDir, clients);
    const working = clients.run(server.url);
    await Promise.race([working, new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_LIFE_MS))]);
    await server.kill();
    await working;
    if (round % 20 === 19) console.error(`${round + 1} of ${ROUNDS} rounds`);
  }
  report('kill', {
    rounds: ROUNDS,
    clients: CLIENTS,
    'changes acknowledged': galleries.reduce((sum, { clients }) => sum + clients.total('acknowledged'), 0),
    'acknowledged and lost': 0,
    'half done': 0,
    'under way at the kill and there afterwards': seen.happened,
    'under way at the kill and not there': seen.undone,
    'changes finished at the next start': seen.finishedAtStart,
    'changes undone at the next start': seen.undoneAtStart,
    seconds: Math.round((performance.now() - start) / 1000),
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** All files must belong to examples; compared by number, because file names do not always equal the people's names. */
function expectNoLeftovers(dataDir: string, { clients }: Clients): void {
  const people = clients.reduce((sum, { model }) => sum + model.size, 0);
  const examples = clients.reduce((sum, { model }) => sum + [...model.values()].flat().length, 0);
  const embeddings = readdirSync(join(dataDir, 'embeddings')).filter((name) => name !== '.rostro-lock');
  const crops = readdirSync(join(dataDir, 'uploads'), { recursive: true }).filter((name) =>
    String(name).endsWith('.jpg'),
  );
  demand(embeddings.length === 2 * people, `${embeddings.length} files for ${people} people: ${embeddings.join(', ')}`);
  demand(crops.length === examples, `${crops.length} photos for ${examples} examples`);
}
