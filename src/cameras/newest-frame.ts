import type { RgbImage } from '../faces/image/image.js';

/** A picture and its time of arrival, milliseconds of a monotonic clock. */
export interface Frame {
  readonly image: RgbImage;
  readonly at: number;
}

/**
 * Processes one frame at a time. While one is processed, only the newest frame waits; older ones are dropped. So results
 * stay current on a slow machine.
 */
export class NewestFrame {
  private waiting: Frame | null = null;
  private running: Promise<void> | null = null;
  dropped = 0;

  /** @param process must not reject */
  constructor(private readonly process: (frame: Frame) => Promise<void>) {}

  put(frame: Frame): void {
    if (this.waiting !== null) this.dropped++;
    this.waiting = frame;
    this.running ??= this.run();
  }

  /** Drops the waiting frame. Resolves when no frame is processed any more. */
  async stop(): Promise<void> {
    this.waiting = null;
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.waiting !== null) {
      const frame = this.waiting;
      this.waiting = null;
      await this.process(frame);
    }
    this.running = null;
  }
}
