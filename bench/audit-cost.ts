import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditTrail } from '../src/app/state-stores.js';
import { AuditedGallery } from '../src/privacy/audited-gallery.js';
import { openNpyGallery } from '../src/gallery/files/open-npy-gallery.js';
import { contract, exampleOf } from '../test/helpers/gallery-fixture.js';
import { report, sideBySide } from './support/harness.js';

/**
 * Cost of the audit log when an example is stored: two synced lines in addition to the gallery's own writes. The
 * pipeline is not measured. ROSTRO_BENCH_DIR puts the folders on another disk.
 *
 *   npx tsx bench/audit-cost.ts
 */
const folder = await mkdtemp(join(process.env.ROSTRO_BENCH_DIR ?? tmpdir(), 'rostro-bench-'));
let number = 0;

async function candidate(name: string, keep: boolean) {
  const dataDir = join(folder, name);
  const { gallery: stored } = await openNpyGallery({ dataDir, contract });
  const trail = auditTrail(join(dataDir, '.state'), keep);
  const gallery = new AuditedGallery(stored, trail);
  return { name, trail, run: () => gallery.add(`Person ${number++ % 20}`, exampleOf(number)) };
}

const candidates = [await candidate('off', false), await candidate('changes', true)] as const;
const [off, changes] = await sideBySide(candidates, { rounds: 300, warmUp: 20 });
await candidates[1].trail.log?.close();
await rm(folder, { recursive: true, force: true });
report('audit-cost', [off, changes], { ratio: changes.median / off.median, addedMs: changes.median - off.median });
