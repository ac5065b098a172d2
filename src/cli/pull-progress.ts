import { Presets, SingleBar } from 'cli-progress';
import type { ModelFile } from '../models/manifest.js';
import type { PullResult } from '../models/pull.js';

/** Shows how a pull gets on: a bar on a terminal, a line a file anywhere else. */
export class PullProgress {
  private bar: SingleBar | null = null;

  constructor(
    private readonly output: NodeJS.WriteStream,
    private readonly errors: NodeJS.WritableStream,
  ) {}

  readonly onStart = (file: ModelFile): void => {
    if (!this.output.isTTY) {
      this.output.write(`fetching ${file.path}\n`);
      return;
    }
    const format = `${file.path} {bar} {received}`;
    this.bar = new SingleBar(
      { stream: this.output, format, barsize: 30, clearOnComplete: true },
      Presets.shades_classic,
    );
    this.bar.start(1, 0, { received: '' });
  };

  readonly onProgress = (receivedBytes: number, totalBytes: number | null): void => {
    const received = `${formatBytes(receivedBytes)}${totalBytes === null ? '' : ` of ${formatBytes(totalBytes)}`}`;
    this.bar?.setTotal(totalBytes ?? receivedBytes * 2);
    this.bar?.update(receivedBytes, { received });
  };

  readonly onDone = (result: PullResult): void => {
    this.bar?.stop();
    this.bar = null;
    if ('error' in result) this.errors.write(`${result.outcome === 'skipped' ? '–' : '✗'} ${result.error.message}\n`);
    else this.output.write(`✓ ${result.file.path}  ${HAPPENED[result.outcome]}, checksum ${result.checksum}\n`);
  };
}

const HAPPENED = { fetched: 'fetched', present: 'already here' } as const;

/** Decimal units, as download pages have them. */
function formatBytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
