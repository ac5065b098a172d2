import type { EmbedderContract } from '../../faces/embed/embedder.js';
import { RostroError } from '../../shared/errors.js';
import { embeddingFile } from './layout.js';
import type { StoredPerson } from './read-person.js';

/**
 * Lets a gallery through only where every row may be compared with the running embedder's.
 * @throws RostroError `gallery_contract_mismatch`
 */
export function checkContracts(people: readonly StoredPerson[], running: EmbedderContract): void {
  const others = people.filter(({ sidecar }) => sidecar !== null && sidecar.contract !== running.id);
  if (others.length > 0) throw otherContract(others, people.length, running);
  const unlabelled = people.filter(
    ({ unlabelled, dimension }) => unlabelled > 0 && !(running.adoptsUnlabelledRows && dimension === running.dimension),
  );
  if (unlabelled.length > 0) throw unknownContract(unlabelled, running);
}

function otherContract(others: readonly StoredPerson[], total: number, running: EmbedderContract): RostroError {
  const stored = [...new Map(others.map(({ sidecar }) => [sidecar!.contract, sidecar!.embedder]))];
  const madeWith = stored.map(([id, name]) => `${name} (${id})`).join(' and ');
  return new RostroError(
    'gallery_contract_mismatch',
    `${others.length} of ${total} people were enrolled with ${madeWith}, but ${running.name} (${running.id}) runs now: ` +
      'choose the embedder they were made with, or run "rostro reembed".',
    { details: { people: others.length, storedContracts: stored.map(([id]) => id), runningContract: running.id } },
  );
}

function unknownContract(unlabelled: readonly StoredPerson[], running: EmbedderContract): RostroError {
  const files = unlabelled.map(({ stem }) => embeddingFile(stem));
  const rest = files.length === 1 ? '' : ` (and ${files.length - 1} more)`;
  return new RostroError(
    'gallery_contract_mismatch',
    `${files[0]}${rest} holds rows of ${unlabelled[0].dimension} values without a record of the embedder that made ` +
      `them, and ${running.name} (${running.id}) cannot take them for its own: choose the embedder they were made ` +
      'with (the FaceNet model of 2017 for files of the original system), or run "rostro reembed".',
    { details: { files, runningContract: running.id } },
  );
}
