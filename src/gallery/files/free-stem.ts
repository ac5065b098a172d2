import { join } from 'node:path';
import type { Disk } from './disk.js';
import { markedStem, plainStem } from './file-stem.js';
import { embeddingFile, sidecarFile } from './layout.js';
import type { PeopleIndex } from './people-index.js';

export interface StemOptions {
  readonly disk: Disk;
  readonly dataDir: string;
  readonly people: Pick<PeopleIndex, 'usesStem'>;
}

/** A stem that neither a person nor a file of anyone else's has. */
export async function freeStem(name: string, options: StemOptions): Promise<string> {
  let stem = plainStem(name);
  for (let attempt = 0; await isTaken(stem, options); attempt++) stem = markedStem(name, attempt);
  return stem;
}

async function isTaken(stem: string, { disk, dataDir, people }: StemOptions): Promise<boolean> {
  if (people.usesStem(stem)) return true;
  return (
    (await disk.exists(join(dataDir, embeddingFile(stem)))) || (await disk.exists(join(dataDir, sidecarFile(stem))))
  );
}
