import type { Command } from 'commander';
import { fileCommand } from './each-file.js';
import { formatBox, formatNumber } from './output.js';

/** How many values of an embedding the table shows; `--json` prints all. */
const SHOWN = 4;

/** `rostro embed FILE…`: prints the embedding of every face. */
export function embedCommand(): Command {
  return fileCommand({
    name: 'embed',
    description: 'Compute the embedding of every face in photos.',
    work: async (core, bytes) => {
      const { image, faces, timingsMs } = await core.pipeline.run('analyse', { bytes });
      const { name, id } = core.pipeline.info.contract;
      const listed = faces.map(({ embedding, ...face }) => ({ ...face, embedding: Array.from(embedding) }));
      return { image, faces: listed, model: { embedder: name, contract: id }, timingsMs };
    },
    columns: ['box', 'embedding'],
    rows: ({ faces }) =>
      faces.map(({ box, embedding }) => [
        formatBox(box),
        `${embedding.slice(0, SHOWN).map(formatNumber).join(' ')} … (${embedding.length})`,
      ]),
  });
}
