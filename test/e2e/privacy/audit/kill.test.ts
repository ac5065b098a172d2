import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fileSource } from '../../../../src/privacy/audit/file-lines.js';
import { auditFolder, auditTrail } from '../../../../src/app/state-stores.js';
import { verifyLog } from '../../../../src/privacy/audit/verify.js';
import { finishErasures } from '../../../../src/privacy/erasure.js';
import { plainVault } from '../../../../src/gallery/sealing/vault.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import { contract, removeTemporaryFolders, temporaryFolder } from '../../../helpers/gallery-fixture.js';
import { entriesIn } from '../../../helpers/audit-log.js';

const ROUNDS = 12;
const LONGEST_LIFE_MS = 150;

let child: string;
beforeAll(async () => {
  // Below the repository, so that it finds the packages.
  child = fileURLToPath(new URL('../../../tmp/audit-kill-child.mjs', import.meta.url));
  const entry = fileURLToPath(new URL('./kill-child.ts', import.meta.url));
  const format = { bundle: true, packages: 'external', platform: 'node', format: 'esm', logLevel: 'error' } as const;
  await build({ entryPoints: [entry], outfile: child, ...format });
});
afterAll(removeTemporaryFolders);

/** What the child said before it was killed at a random moment after its first word. */
function killedWhileWorking(dataDir: string): Promise<string[]> {
  const running = spawn(process.execPath, [child, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  running.stdout.on('data', (chunk: Buffer) => {
    if (said === '') setTimeout(() => running.kill('SIGKILL'), Math.random() * LONGEST_LIFE_MS);
    said += chunk.toString();
  });
  return new Promise((resolve) => running.on('close', () => resolve(said.trimEnd().split('\n'))));
}

it('has a line for every acknowledged change after kill -9, an unbroken chain, and no name of anybody gone', async () => {
  const dataDir = temporaryFolder();
  const stateDir = join(dataDir, '.state');
  const folder = auditFolder(stateDir);
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    acknowledged.push(...(await killedWhileWorking(dataDir)));
    const trail = auditTrail(stateDir, true);
    const { gallery } = await openNpyGallery({ dataDir, contract });
    await finishErasures({ gallery, trail, stateDir, vault: plainVault, auditFolder: folder });
    const enrolled = gallery.people().map(({ name }) => name);
    expect([...(await trail.pseudonyms.names()).values()]).toEqual(enrolled);
    await trail.log!.close();
    expect((await verifyLog(fileSource(folder))).findings).toEqual([]);
    const people = readFileSync(join(folder, 'people.json'), 'utf8');
    for (const name of ['Ada', 'Eve']) expect(people.includes(name)).toBe(enrolled.includes(name));
  }
  const done = entriesIn(folder).filter(({ outcome }) => outcome === 'done');
  const examples = new Set(done.map(({ facts }) => (facts as { example?: string }).example));
  const changes = new Set(done.map(({ change }) => change));
  for (const [what, id] of acknowledged.map((line) => line.split(' '))) {
    if (what === 'enrol') expect(examples.has(id)).toBe(true);
    if (what === 'erase') expect(changes.has(id)).toBe(true);
  }
  const renames = acknowledged.filter((line) => line.startsWith('rename'));
  expect(done.filter(({ action }) => action === 'rename').length).toBeGreaterThanOrEqual(renames.length);
  expect(acknowledged.length).toBeGreaterThan(ROUNDS);
});
