import { resolve } from 'node:path';
import { Command } from 'commander';
import { DEFAULT_MARGIN } from '../faces/embed/facenet.js';
import { RostroError } from '../shared/errors.js';
import { alignDataset, type AlignReport } from '../evaluation/align.js';
import { runBatch } from './batch.js';
import { withSettings } from './settings.js';
import { print } from './io.js';

const MIN_SIZE_PX = 16;
const MAX_SIZE_PX = 2048;

interface AlignFlags {
  readonly imageSize?: string;
  readonly detectMultipleFaces?: boolean;
  readonly json?: boolean;
}

/** `rostro align IN OUT`: writes an aligned crop of every photo, in the same folder structure. */
export function alignCommand(): Command {
  const command = new Command('align')
    .description('Cut the faces out of a folder of people’s folders, aligned and of one size, into another.')
    .argument('<in>', 'folder of people’s folders with photos')
    .argument('<out>', 'folder for the crops (PNG) and manifest.jsonl; a run that was stopped goes on where it was')
    .option('--image-size <px>', 'side of a crop, pixels (default: what the embedder takes)')
    .option('--detect-multiple-faces', 'every face of a photo, numbered, instead of the large one near the middle')
    .option('--json', 'the result as one JSON object');
  return withSettings(command).action(async (inDir: string, outDir: string) => {
    const flags: AlignFlags = command.opts();
    const sizeGiven = flags.imageSize === undefined ? null : parseSize(flags.imageSize);
    await runBatch(command, 'photos', async ({ config, pipeline, progress, ...batch }) => {
      const report = await alignDataset(resolve(inDir), resolve(outDir), {
        ...batch,
        pipeline,
        sizePx: sizeGiven ?? pipeline.info.contract.inputSizePx,
        margin: config.embedding.margin ?? DEFAULT_MARGIN,
        everyFace: flags.detectMultipleFaces ?? false,
        onPhoto: ({ done, photos }, wasEarlier) => {
          progress.update(done, photos, wasEarlier);
        },
      });
      progress.stop();
      if (flags.json) print(JSON.stringify({ ...report, complete: report.done === report.photos }));
      else for (const line of summary(report, outDir)) print(line);
    });
  });
}

function summary({ photos, done, earlier, crops, skipped }: Readonly<AlignReport>, outDir: string): string[] {
  const before = earlier > 0 ? `, ${earlier} of them in an earlier run` : '';
  const lines = [`${done} of ${photos} photos done${before}: ${crops} crops, ${skipped} photos without one.`];
  if (skipped > 0) lines.push(`${outDir}/manifest.jsonl says why.`);
  if (done < photos) lines.push('Stopped; the same command goes on from here.');
  return lines;
}

function parseSize(text: string): number {
  const size = Number(text);
  if (Number.isInteger(size) && size >= MIN_SIZE_PX && size <= MAX_SIZE_PX) return size;
  throw new RostroError(
    'bad_config',
    `--image-size=${text} is not usable: give whole pixels from ${MIN_SIZE_PX} to ${MAX_SIZE_PX}.`,
  );
}
