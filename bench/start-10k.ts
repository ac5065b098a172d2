import { type Disk, nodeDisk } from '../src/gallery/files/disk.js';
import { openNpyGallery } from '../src/gallery/files/open-npy-gallery.js';
import { openDatabase } from '../src/gallery/postgres/migrate.js';
import { openPgGallery } from '../src/gallery/postgres/open-pg-gallery.js';
import { plainVault } from '../src/gallery/sealing/vault.js';
import { memoryLogger } from '../test/helpers/log.js';
import { startPostgres } from '../test/helpers/postgres.js';
import { withDataDir } from './support/data-dir.js';
import { quantile } from './support/harness.js';
import { contractOf, enrolRandomPeople } from './support/random-people.js';
import { withServer } from './support/server-process.js';

/**
 * Time from `rostro serve` until the server is ready with 10,000 people of one example each, in files and in PostgreSQL
 * on the same machine. MTCNN and FaceNet with default settings, converted before.
 *
 *   npx tsx bench/start-10k.ts        (PEOPLE=10000)
 */
const PEOPLE = Number(process.env.PEOPLE ?? 10_000);
const RUNS = 5;
const NETWORKS = { DETECTOR: 'mtcnn', EMBEDDER: 'facenet' };
/** Fills the folder without syncing. */
const hastyDisk: Disk = { ...nodeDisk, syncFolder: () => Promise.resolve() };

const postgres = await startPostgres({ fsync: true });
try {
  const result = await withDataDir(async (dataDir) => {
    const contract = await contractOf(NETWORKS, dataDir);
    const url = await postgres.newDatabase();
    const inFiles = (await openNpyGallery({ dataDir, contract, disk: hastyDisk })).gallery;
    await enrolRandomPeople(inFiles, PEOPLE, contract.dimension);
    const database = await openDatabase(url);
    const log = memoryLogger([]);
    const gallery = await openPgGallery({ database, contract, vault: plainVault, log });
    await enrolRandomPeople(gallery, PEOPLE, contract.dimension);
    await database.close();
    const settings = { ...NETWORKS, ROSTRO_DATA: dataDir };
    return {
      filesMs: await readyMs(settings),
      postgresMs: await readyMs({ ...settings, DATABASE_URL: url }),
    };
  });
  const rounded = Object.fromEntries(Object.entries(result).map(([figure, value]) => [figure, Math.round(value)]));
  console.table({ people: PEOPLE, ...rounded });
  console.log(JSON.stringify({ bench: 'start-10k', people: PEOPLE, ...rounded }));
} finally {
  await postgres.stop();
}

async function readyMs(settings: Readonly<Record<string, string>>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i <= RUNS; i++) {
    const ms = await withServer(settings, (server) => Promise.resolve(server.readyMs));
    if (i > 0) times.push(ms);
  }
  return quantile(times, 0.5);
}
