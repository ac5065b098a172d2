import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { auditTrail } from '../../../../src/app/state-stores.js';
import { AuditedGallery } from '../../../../src/privacy/audited-gallery.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import { contract, exampleOf } from '../../../helpers/gallery-fixture.js';

/** Enrols, renames and erases without end, and says each change that was acknowledged: `kill-child DATA_DIR`. */
async function main(dataDir: string): Promise<void> {
  const trail = auditTrail(join(dataDir, '.state'), true);
  const { gallery: stored } = await openNpyGallery({ dataDir, contract });
  const gallery = new AuditedGallery(stored, trail);
  for (const { name } of gallery.people()) await gallery.removePerson(name);
  for (let number = 0; ; number++) {
    const { example } = await gallery.add('Ada', exampleOf(number));
    writeSync(1, `enrol ${example.id}\n`);
    await gallery.rename('Ada', 'Eve');
    writeSync(1, `rename ${number}\n`);
    const { change } = await gallery.removePerson('Eve');
    writeSync(1, `erase ${change}\n`);
  }
}

await main(process.argv[2]);
