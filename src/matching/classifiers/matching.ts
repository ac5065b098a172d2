import type { Matcher } from '../matcher.js';

/** Who answers for the gallery as it is now. */
export interface Matching {
  /** The matcher to ask for one photo. */
  current(): Matcher;
  /** Why another matcher than the wanted one answers, in a sentence; null where the wanted one does. */
  readonly note: string | null;
  /** Whether it learns anew when the gallery changes. */
  readonly learns: boolean;
  /** Waits until the matcher knows the gallery as it is; the server does not wait, a command does. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** The nearest example: nothing to train. */
export function alwaysMatching(matcher: Matcher): Matching {
  return {
    current: () => matcher,
    note: null,
    learns: false,
    settled: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
