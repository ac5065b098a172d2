import { FileAttendance } from '../../src/attendance/file-attendance.js';
import { plainVault } from '../../src/gallery/sealing/vault.js';
import { sessionOf, withRow } from './attendance-store-contract.js';

/** Writes numbers into the note of a row until it is killed, and prints each once it is stored. */
const [stateDir] = process.argv.slice(2);
const store = new FileAttendance(stateDir, plainVault);
const found = (await store.list({ limit: 1 })).at(0);
const { id, rows } = found ?? (await store.put(sessionOf(['Ada', 'Bea']), () => true));
for (let number = Number(rows[0].note) + 1; ; number++) {
  await store.change(id, withRow('Ada', { note: String(number) }));
  process.stdout.write(`${number}\n`);
}
