/** As many of the last frames are counted. */
const COUNTED = 30;
/** Older ones say nothing about now. */
const RECENT_MS = 5000;

/** How many frames a second there were lately. Times are milliseconds of one clock. */
export class FrameRate {
  private times: number[] = [];

  count(at: number): void {
    this.times.push(at);
    if (this.times.length > COUNTED) this.times.shift();
  }

  perSecond(now: number): number {
    const recent = this.times.filter((at) => now - at <= RECENT_MS);
    const span = (recent.at(-1) ?? 0) - (recent.at(0) ?? 0);
    return span > 0 ? (1000 * (recent.length - 1)) / span : 0;
  }
}
