import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nearestNeighbours } from '../src/matching/inspection/neighbours.js';
import { rowOf, samplesOf, squaredDistances } from '../src/matching/classifiers/samples.js';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import { nodeDisk, type Disk } from '../src/gallery/files/disk.js';
import { FolderLock } from '../src/gallery/files/folder-lock.js';
import { openNpyGallery } from '../src/gallery/files/open-npy-gallery.js';
import { sealingKey } from '../src/gallery/sealing/sealed.js';
import { vaultOf, type Vault } from '../src/gallery/sealing/vault.js';
import { report, sideBySide } from './support/harness.js';

/**
 * Cost of a large gallery, plain and encrypted: opening it with lock and check, enrolling one more person, and
 * comparing all people with each other as `rostro doctor` does. The ratio is encrypted / plain, of opening.
 *
 *   npx tsx bench/gallery.ts        (PEOPLE=10000)
 */
const PEOPLE = Number(process.env.PEOPLE ?? 10_000);
const DIMENSION = 512;
/** Typical size of a stored crop. */
const CROP_BYTES = 24_000;

const contract = {
  id: 'bench',
  name: 'bench',
  dimension: DIMENSION,
  inputSizePx: 160,
  threshold: 1.1,
  adoptsUnlabelledRows: false,
};
const details = { confidence: 1, boxInCrop: { x: 0, y: 0, width: 1, height: 1 } };
/** Fills the folders without syncing. */
const hastyDisk: Disk = { ...nodeDisk, syncFolder: () => Promise.resolve() };

const folder = await mkdtemp(join(tmpdir(), 'rostro-bench-gallery-'));
try {
  const vaults = { plain: vaultOf([]), encrypted: vaultOf([sealingKey(randomBytes(32))]) };
  const galleries = Object.entries(vaults).map(([name, vault]) => ({ name, vault, dataDir: join(folder, name) }));
  for (const { dataDir, vault } of galleries) await fill(dataDir, vault);
  const opening = await sideBySide(
    galleries.map(({ name, vault, dataDir }) => ({ name: `open, ${name}`, run: () => openAndClose(dataDir, vault) })),
    { rounds: 7, warmUp: 1 },
  );
  const enrolling = await sideBySide(await Promise.all(galleries.map(enroller)), { rounds: 60, warmUp: 5 });
  const samples = samplesOf(Array.from({ length: PEOPLE }, (_, i) => ({ name: `${i}`, examples: [newExample()] })));
  const engine = createOnnxRuntime();
  const comparing = await sideBySide(
    [
      { name: 'compare everyone with everyone', run: () => nearestNeighbours(samples, engine) },
      { name: 'the same in a loop, 100 of them', run: () => Promise.resolve(loopOver(100)) },
    ],
    { rounds: 3, warmUp: 1 },
  );
  report('gallery', [...opening, ...enrolling, ...comparing], {
    people: PEOPLE,
    ratio: opening[1].median / opening[0].median,
    ratioEnrol: enrolling[1].median / enrolling[0].median,
    ratioLoop: (comparing[1].median * (PEOPLE / 100)) / comparing[0].median,
  });

  function loopOver(rows: number): void {
    for (let row = 0; row < rows; row++) squaredDistances(samples, rowOf(samples, row));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

function newExample() {
  const values = Float32Array.from({ length: DIMENSION }, () => Math.random() - 0.5);
  const length = Math.hypot(...values);
  return { embedding: values.map((value) => value / length), crop: randomBytes(CROP_BYTES), details };
}

async function fill(dataDir: string, vault: Vault): Promise<void> {
  const { gallery } = await openNpyGallery({ dataDir, contract, vault, disk: hastyDisk });
  for (let i = 0; i < PEOPLE; i++) await gallery.add(`Person ${i}`, newExample());
}

async function openAndClose(dataDir: string, vault: Vault): Promise<void> {
  const lock = await FolderLock.acquire(dataDir);
  await openNpyGallery({ dataDir, contract, vault, lock });
  await lock.release();
}

async function enroller({ name, vault, dataDir }: { name: string; vault: Vault; dataDir: string }) {
  const lock = await FolderLock.acquire(dataDir);
  const { gallery } = await openNpyGallery({ dataDir, contract, vault, lock });
  let number = 0;
  return { name: `enrol, ${name}`, run: () => gallery.add(`New ${number++}`, newExample()) };
}
