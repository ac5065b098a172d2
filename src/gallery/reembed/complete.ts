import type { RowsContract } from '../files/change-parts.js';
import { readGalleryFolder } from '../files/open-folder.js';
import { hashRow } from '../person-rows.js';
import { FileRows } from './file-rows.js';
import type { SwitchParts } from './switch.js';

/** Whether everybody could switch to these rows as they are. */
export async function isComplete(
  { disk, dataDir }: Pick<SwitchParts, 'disk' | 'dataDir'>,
  { id }: RowsContract,
): Promise<boolean> {
  const rows = new FileRows(disk, dataDir, id);
  const { people } = await readGalleryFolder(disk, dataDir);
  for (const { examples } of people) {
    for (const example of examples) {
      const beside = await rows.read(example);
      if (beside?.of !== hashRow(example.embedding) || beside.row === null) return false;
    }
  }
  return true;
}
