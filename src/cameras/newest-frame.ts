import type { RgbImage } from '../faces/image/image.js';

/** A picture, and when it came: milliseconds of a clock that never goes back. */
export interface Frame {
  readonly image: RgbImage;
  readonly at: number;
}

/**
 * Pictures that come while one is looked at are not queued: the newest waits, those before it are dropped. So an answer is
 * never about what was long ago, however slow looking is.
 */
export class NewestFrame {
  private waiting: Frame | null = null;
  private running: Promise<void> | null = null;
  dropped = 0;

  /** @param look must not reject */
  constructor(private readonly look: (frame: Frame) => Promise<void>) {}

  put(frame: Frame): void {
    if (this.waiting !== null) this.dropped++;
    this.waiting = frame;
    this.running ??= this.run();
  }

  /** Forgets who waits, and resolves when nobody is looked at any more. */
  async stop(): Promise<void> {
    this.waiting = null;
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.waiting !== null) {
      const frame = this.waiting;
      this.waiting = null;
      await this.look(frame);
    }
    this.running = null;
  }
}
