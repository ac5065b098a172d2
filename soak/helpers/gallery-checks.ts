import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AUDIT_MARK_FILE, JOURNAL_FILE, LOCK_FILE } from '../../src/gallery/files/layout.js';
import type { Clients } from './clients.js';
import { demand } from './report.js';

const bin = fileURLToPath(new URL('../../bin/rostro.js', import.meta.url));
const OWN_FILES = [AUDIT_MARK_FILE, LOCK_FILE].map((path) => basename(path));

/** Whether a stop interrupted a change, which the next start finishes or undoes. */
export function isInterrupted(dataDir: string): boolean {
  return existsSync(join(dataDir, JOURNAL_FILE));
}

/**
 * All files must belong to examples, and none may be in the quarantine. Compared by number, because file names do not
 * always equal the people's names.
 */
export function expectNoLeftovers(dataDir: string, { clients }: Clients): void {
  const people = clients.reduce((sum, { model }) => sum + model.size, 0);
  const examples = clients.reduce((sum, { model }) => sum + [...model.values()].flat().length, 0);
  const embeddings = readdirSync(join(dataDir, 'embeddings')).filter((name) => !OWN_FILES.includes(name));
  const crops = filesIn(join(dataDir, 'uploads'));
  demand(embeddings.length === 2 * people, `${embeddings.length} files for ${people} people: ${embeddings.join(', ')}`);
  demand(crops.length === examples, `${crops.length} photos for ${examples} examples: ${crops.join(', ')}`);
  const quarantined = filesIn(join(dataDir, '.quarantine'));
  demand(quarantined.length === 0, `in the quarantine: ${quarantined.join(', ')}`);
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

/** What `rostro doctor` finds wrong in the files, and whether `rostro audit verify` finds every line unaltered. */
export function expectSound(dataDir: string, settings: Readonly<Record<string, string>> = {}): void {
  const env = { ...process.env, DETECTOR: 'ssd', EMBEDDER: 'face-api', PROVIDER: 'cpu', ...settings };
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args, '--data', dataDir], { env });
    demand(status === 0, `rostro ${args.join(' ')} ends with ${status}: ${String(stdout)}${String(stderr)}`);
    return String(stdout);
  };
  run('audit', 'verify');
  const { files } = JSON.parse(run('doctor', '--quick', '--json')) as { files: Record<string, unknown> };
  for (const kind of ['setAside', 'missingCrops', 'strangers', 'withoutTheirId', 'adopted']) {
    demand((files[kind] as unknown[]).length === 0, `rostro doctor reports ${kind}: ${JSON.stringify(files[kind])}`);
  }
}
