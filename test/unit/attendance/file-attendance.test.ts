import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { attendanceFiles, FileAttendance } from '../../../src/attendance/file-attendance.js';
import { openNpyGallery } from '../../../src/gallery/files/open-npy-gallery.js';
import { resealFolder } from '../../../src/gallery/sealing/reseal.js';
import { sealingKey } from '../../../src/gallery/sealing/sealed.js';
import { plainVault, type Vault, vaultOf } from '../../../src/gallery/sealing/vault.js';
import { itIsAnAttendanceStore, seenAt, sessionOf, withRow } from '../../helpers/attendance-store-contract.js';
import { contract, exampleOf, removeTemporaryFolders, temporaryFolder } from '../../helpers/gallery-fixture.js';

afterAll(removeTemporaryFolders);

const [key, other] = [sealingKey(randomBytes(32)), sealingKey(randomBytes(32))];
let dataDir: string;
let stateDir: string;
beforeEach(() => {
  dataDir = temporaryFolder();
  stateDir = join(dataDir, '.state');
});

const open = (vault: Vault = plainVault) => new FileAttendance(stateDir, vault);
const everyone = () => true;
const folder = () => join(stateDir, 'attendance');
const allBytes = () =>
  readdirSync(folder())
    .map((name) => readFileSync(join(folder(), name), 'utf8'))
    .join('\n');

describe.each([
  ['plain', () => plainVault],
  ['encrypted', () => vaultOf([key])],
])('attendance in %s files', (_, vault) => {
  itIsAnAttendanceStore(async () => {
    const { gallery } = await openNpyGallery({ dataDir, contract, vault: vault() });
    for (const [i, name] of ['Ada', 'Bea'].entries()) await gallery.add(name, exampleOf(i));
    return { store: open(vault()), gallery };
  });

  it('is there after a restart', async () => {
    const session = sessionOf(['Ada', 'Bea']);
    const store = open(vault());
    await store.put(session, everyone);
    await store.change(session.id, withRow('Bea', { seen: seenAt(2) }));
    const again = open(vault());
    expect(await again.recover(new Set(['Ada', 'Bea']))).toEqual([]);
    expect((await again.get(session.id))!.rows[1]).toMatchObject({ person: 'Bea', seen: seenAt(2) });
  });
});

describe('attendance in files', () => {
  it('has no name or key of an erased person left in any byte', async () => {
    const store = open();
    await store.put(sessionOf(['Ada Unlikely', 'Bea']), everyone);
    const names = JSON.parse(readFileSync(join(folder(), 'people.json'), 'utf8')) as { names: Record<string, string> };
    const [[adasKey]] = Object.entries(names.names).filter(([, name]) => name === 'Ada Unlikely');
    expect(allBytes()).toContain(adasKey);
    await store.erasing('Ada Unlikely', () => Promise.resolve());
    expect(allBytes()).not.toContain('Unlikely');
    expect(allBytes()).not.toContain(adasKey);
  });

  it('finishes an erasure that was interrupted before the rows were removed, and rows of people who are gone', async () => {
    const store = open();
    const session = sessionOf(['Ada', 'Bea', 'Cy']);
    await store.put(session, everyone);
    const path = join(folder(), 'people.json');
    const stored = JSON.parse(readFileSync(path, 'utf8')) as { names: Record<string, string> };
    const left = Object.entries(stored.names).filter(([, name]) => name !== 'Ada');
    writeFileSync(path, JSON.stringify({ ...stored, names: Object.fromEntries(left) }));
    const again = open();
    expect((await again.get(session.id))!.rows.map(({ person }) => person)).toEqual(['Bea', 'Cy']);
    expect(await again.recover(new Set(['Bea']))).toEqual([
      '2 rows of attendance of people who are not enrolled any more were erased',
    ]);
    const file = JSON.parse(readFileSync(join(folder(), `${session.id}.json`), 'utf8')) as { rows: unknown[] };
    expect(file.rows).toHaveLength(1);
  });

  it('finishes a rename that was interrupted after the gallery had made it', async () => {
    const session = sessionOf(['Ada']);
    const store = open();
    await store.put(session, everyone);
    void store.renaming('Ada', 'Ada King', () => new Promise(() => undefined));
    await expect.poll(() => readFileSync(join(folder(), 'people.json'), 'utf8')).toContain('Ada King');
    const again = open();
    await again.recover(new Set(['Ada King']));
    expect((await again.get(session.id))!.rows).toMatchObject([{ person: 'Ada King' }]);
  });

  it('leaves a damaged session out, and says so', async () => {
    const [one, two] = [sessionOf(['Ada']), sessionOf(['Ada'])];
    const store = open();
    for (const session of [one, two]) await store.put(session, everyone);
    writeFileSync(join(folder(), `${one.id}.json`), '{"half":');
    const again = open();
    expect((await again.list({ limit: 9 })).map(({ id }) => id)).toEqual([two.id]);
    expect(await again.recover(new Set(['Ada']))).toEqual([
      `.state/attendance/${one.id}.json is damaged and is left out`,
    ]);
  });

  it('is encrypted with another key, and decrypted', async () => {
    const session = sessionOf(['Ada Unlikely']);
    await open().put(session, everyone);
    const reseal = (target: typeof key | null) =>
      resealFolder({
        dataDir,
        extraFiles: attendanceFiles(stateDir).map((file) => file.slice(dataDir.length + 1)),
        keys: [key, other],
        target,
        onFile: () => undefined,
      });
    for (const target of [key, other]) {
      await reseal(target);
      expect(allBytes()).not.toContain('Unlikely');
      expect(allBytes()).not.toContain('Ñandú');
      expect((await open(vaultOf([target])).get(session.id))!.title).toBe(session.title);
    }
    await reseal(null);
    expect((await open().get(session.id))!.rows).toHaveLength(1);
  });
});
