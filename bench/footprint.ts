import { openDatabase } from '../src/gallery/postgres/migrate.js';
import { openPgGallery } from '../src/gallery/postgres/open-pg-gallery.js';
import { plainVault } from '../src/gallery/sealing/vault.js';
import { memoryLogger } from '../test/helpers/log.js';
import { query, startPostgres } from '../test/helpers/postgres.js';
import { withDataDir } from './support/data-dir.js';
import { contractOf, CROP_BYTES, enrolRandomPeople } from './support/random-people.js';
import { withServer } from './support/server-process.js';

/**
 * Cost of a person with one example: bytes in PostgreSQL in addition to the crop, memory of a ready server, and the
 * time of a change (commits wait for the disk). FaceNet, 512 values.
 *
 *   npx tsx bench/footprint.ts        (PEOPLE=20000)
 */
const PEOPLE = Number(process.env.PEOPLE ?? 20_000);
const NETWORKS = { DETECTOR: 'mtcnn', EMBEDDER: 'facenet' };

const postgres = await startPostgres({ fsync: true });
try {
  await withDataDir(async (dataDir) => {
    const contract = await contractOf(NETWORKS, dataDir);
    const url = await postgres.newDatabase();
    const settings = { ...NETWORKS, ROSTRO_DATA: dataDir, DATABASE_URL: url };
    const emptyMb = await residentMb(settings);
    const database = await openDatabase(url);
    const gallery = await openPgGallery({ database, contract, vault: plainVault, log: memoryLogger([]) });
    const begun = performance.now();
    await enrolRandomPeople(gallery, PEOPLE, contract.dimension);
    const changeMs = (performance.now() - begun) / PEOPLE;
    await database.close();
    const [{ bytes }] = await query(url, 'SELECT pg_database_size(current_database()) AS bytes');
    const fullMb = await residentMb(settings);
    const figures = {
      people: PEOPLE,
      changeMs: Number(changeMs.toFixed(2)),
      databaseBytesAPerson: Math.round(Number(bytes) / PEOPLE),
      withoutCrop: Math.round(Number(bytes) / PEOPLE - CROP_BYTES),
      serverBytesAPerson: Math.round(((fullMb - emptyMb) * 2 ** 20) / PEOPLE),
      emptyMb: Math.round(emptyMb),
    };
    console.table(figures);
    console.log(JSON.stringify({ bench: 'footprint', ...figures }));
  });
} finally {
  await postgres.stop();
}

async function residentMb(settings: Readonly<Record<string, string>>): Promise<number> {
  return withServer(settings, (server) => server.residentMb());
}
