import { Command } from 'commander';
import { startPipeline } from '../compose.js';
import type { EmbeddedFace } from '../pipeline/pipeline.js';
import { reembedNpyGallery } from '../store/reembed.js';
import { iou } from '../vision/box.js';
import { configOf, withSettings } from './settings.js';

/** `rostro reembed`: makes every embedding anew from the kept crops, with the embedder that is set now. */
export function reembedCommand(): Command {
  const command = new Command('reembed').description('Make every embedding anew from the kept crops.');
  return withSettings(command).action(async () => {
    const config = configOf(command);
    const pipeline = await startPipeline(config);
    try {
      const { contract } = pipeline.info;
      const { reembedded, unable } = await reembedNpyGallery({
        dataDir: config.dataDir,
        contract,
        onPerson: (name, done, total) => console.log(`${done}/${total}  ${name}`),
        embedCrop: async (crop, { details }) => {
          const { faces } = await pipeline.analyse(crop);
          const overlap = ({ box }: EmbeddedFace) => (details ? iou(box, details.boxInCrop) : box.width * box.height);
          const best = faces.reduce<EmbeddedFace | null>((a, b) => (a && overlap(a) >= overlap(b) ? a : b), null);
          return best?.embedding ?? null;
        },
      });
      console.log(`${reembedded.length} people now have embeddings of ${contract.name}.`);
      for (const name of unable) console.error(`${name}: a crop is missing or shows no face; the old embeddings stay.`);
      if (unable.length > 0) process.exitCode = 1;
    } finally {
      await pipeline.close();
    }
  });
}
