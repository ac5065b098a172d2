import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { RostroError } from '../shared/errors.js';
import { PRIVATE_FILE } from '../shared/files.js';
import { zipOf } from '../shared/archive/zip.js';
import { readPassphrase } from './passphrase.js';
import { withSettings } from './settings.js';
import { withGallery } from './with-gallery.js';
import { print, printError, setExitCode } from './io.js';

interface ExportFlags {
  readonly passphraseFile?: string;
}

/** `rostro export FILE`: writes the whole gallery to one archive. */
export function exportAllCommand(): Command {
  const command = new Command('export')
    .description('Write everybody who is enrolled into one archive (ZIP), for "rostro restore".')
    .argument('<file>', 'must not be there yet')
    .option('--passphrase-file <file>', 'seal the archive with the passphrase on the first line of this file');
  return withSettings(command).action(async (file: string) => {
    const { passphraseFile }: ExportFlags = command.opts();
    const passphrase = passphraseFile === undefined ? undefined : await readPassphrase(passphraseFile);
    await withGallery(command, 'read', async ({ backups }) => {
      const backup = await backups.begin(passphrase);
      await writeWhole(file, zipOf(backup.files));
      const { people, examples, crops, cropsMissing, attendance } = backup.summary();
      const lists = attendance === 0 ? '' : `, and ${attendance} lists of attendance,`;
      print(`${people} people with ${examples} examples and ${crops} crops${lists} are in ${file}.`);
      if (cropsMissing === 0) return;
      printError(`${cropsMissing} crops could not be read; "rostro doctor" says of whom.`);
      setExitCode(1);
    });
  });
}

/** Writes to a temporary file and renames it, so that the archive is complete or absent. */
async function writeWhole(file: string, archive: Readable): Promise<void> {
  const part = `${file}.part`;
  try {
    await (await open(file, 'wx', PRIVATE_FILE)).close();
    await pipeline(archive, createWriteStream(part, { mode: PRIVATE_FILE, flush: true }));
    await rename(part, file);
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    if (code !== 'EEXIST') await Promise.all([part, file].map((path) => rm(path, { force: true })));
    if (syscall === undefined) throw cause;
    throw new RostroError('storage_failed', `${file} could not be written: ${code}.`, { cause });
  }
}
