import { randomBytes } from 'node:crypto';
import { startPipeline } from '../../src/app/pipeline.js';
import { readConfig } from '../../src/app/config.js';
import type { EmbedderContract } from '../../src/faces/embed/embedder.js';
import type { Gallery } from '../../src/gallery/gallery.js';

/** Typical size of a stored crop. */
export const CROP_BYTES = 24_000;
const details = { confidence: 1, boxInCrop: { x: 0, y: 0, width: 1, height: 1 } };

/** Enrols a number of people with one example each, random unit vectors. */
export async function enrolRandomPeople(gallery: Gallery, people: number, dimension: number): Promise<void> {
  for (let i = 0; i < people; i++) {
    const values = Float32Array.from({ length: dimension }, () => Math.random() - 0.5);
    const length = Math.hypot(...values);
    const embedding = values.map((value) => value / length);
    await gallery.add(`Person ${i}`, { embedding, crop: randomBytes(CROP_BYTES), details });
  }
  await gallery.close();
}

/** The contract of the networks in the data folder. Converts them, so that later starts do not have to. */
export async function contractOf(
  networks: Readonly<Record<string, string>>,
  dataDir: string,
): Promise<EmbedderContract> {
  const pipeline = await startPipeline(readConfig({ ...networks, ROSTRO_DATA: dataDir, WORKERS: '1' }));
  await pipeline.close();
  return pipeline.info.contract;
}
