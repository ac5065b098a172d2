import { Presets, SingleBar } from 'cli-progress';

/** Without a terminal a line is written this often. */
const LINE_EVERY_MS = 10_000;

/** How a long run gets on, with rate and time left: a bar on a terminal, now and then a line anywhere else. */
export class BatchProgress {
  private bar: SingleBar | null = null;
  private start = performance.now();
  private lastLine = this.start;
  private skipped = 0;

  constructor(
    private readonly output: NodeJS.WriteStream,
    private readonly unit: string,
  ) {}

  /** @param wasFree the item cost nothing (an earlier run had it); it does not count towards the rate */
  update(done: number, total: number, wasFree = false): void {
    if (wasFree) this.skipped++;
    const seconds = (performance.now() - this.start) / 1000;
    const rate = (done - this.skipped) / seconds;
    const left = rate > 0 ? formatSeconds((total - done) / rate) : '–';
    if (this.output.isTTY) this.draw(done, total, { rate: rate.toFixed(1), left });
    else if (performance.now() - this.lastLine > LINE_EVERY_MS) {
      this.lastLine = performance.now();
      this.output.write(`${done}/${total} ${this.unit}, ${rate.toFixed(1)} a second, ${left} left\n`);
    }
  }

  stop(): void {
    this.bar?.stop();
    this.bar = null;
  }

  private draw(done: number, total: number, payload: { rate: string; left: string }): void {
    if (this.bar === null) {
      const format = `{bar} {value}/{total} ${this.unit}  {rate} a second  {left} left`;
      this.bar = new SingleBar(
        { stream: this.output, format, barsize: 30, clearOnComplete: true },
        Presets.shades_classic,
      );
      this.bar.start(total, done, payload);
    }
    this.bar.update(done, payload);
  }
}

/** `45 s`, `12 min`, `3 h 20 min`. */
function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
