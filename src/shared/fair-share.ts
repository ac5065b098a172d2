import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * @param holders the holder of each entry of something limited, such as connections
 * @returns the holder with the most entries; the first of several. It gives one up when the limit is exceeded
 */
export function heaviestHolder(holders: Iterable<string>): string | undefined {
  const counts = new Map<string, number>();
  for (const holder of holders) counts.set(holder, (counts.get(holder) ?? 0) + 1);
  let heaviest: string | undefined;
  for (const [holder, count] of counts) {
    if (heaviest === undefined || count > counts.get(heaviest)!) heaviest = holder;
  }
  return heaviest;
}

/** A queue that serves its holders in turn, the entries of each in order. */
export class FairQueue<T> {
  /** By holder; the one whose turn it is comes first. None is empty. */
  private readonly lanes = new Map<string, Set<T>>();
  private count = 0;

  constructor(private readonly maxSize: number) {}

  get size(): number {
    return this.count;
  }

  /**
   * @returns null, or where the queue was full, the entry that lost its place: the newest one of the holder with the most
   *   entries, which may be the new entry itself
   */
  add(holder: string, entry: T): T | null {
    const lane = this.lanes.get(holder) ?? new Set();
    this.lanes.set(holder, lane.add(entry));
    if (++this.count <= this.maxSize) return null;
    const lost = this.newestOfLongest();
    this.delete(lost.holder, lost.entry);
    return lost.entry;
  }

  delete(holder: string, entry: T): void {
    const lane = this.lanes.get(holder);
    if (!lane?.delete(entry)) return;
    this.count--;
    if (lane.size === 0) this.lanes.delete(holder);
  }

  take(): T | undefined {
    for (const [holder, lane] of this.lanes) {
      const [entry] = lane;
      this.delete(holder, entry);
      if (this.lanes.delete(holder)) this.lanes.set(holder, lane);
      return entry;
    }
    return undefined;
  }

  private newestOfLongest(): { holder: string; entry: T } {
    const [[holder, lane]] = [...this.lanes].sort(([, a], [, b]) => b.size - a.size);
    return { holder, entry: [...lane].at(-1)! };
  }
}

const holder = new AsyncLocalStorage<string>();

/** Runs `work`, including its async continuations, on behalf of this holder, such as an access key. */
export function runForHolder<T>(id: string, work: () => T): T {
  return holder.run(id, work);
}

/** The holder of the current async context; empty for the server itself. */
export function currentHolder(): string {
  return holder.getStore() ?? '';
}
