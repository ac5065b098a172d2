/** The target of one figure of a bench. */
export interface Bar {
  readonly sign: '<=' | '>=';
  readonly limit: number;
}

const atMost = (limit: number): Bar => ({ sign: '<=', limit });
const atLeast = (limit: number): Bar => ({ sign: '>=', limit });

/** Bench, figure of its result, bar. */
export const BARS: Readonly<Record<string, Readonly<Record<string, Bar>>>> = {
  frame: { ratio: atMost(1.35) },
  'detect-large': { ratio: atMost(1.5) },
  'embed-batch': { ratio: atMost(1.1) },
  'peer-face-api': { ratio: atLeast(8) },
  'peer-face-api-facenet': { ratio: atLeast(9), ratioTiny: atLeast(2.8) },
  live: { ratio: atLeast(3) },
  liveness: { ratio: atMost(1.25), framesPerSecond: atLeast(15) },
  throughput: { ratio: atLeast(0.8) },
  responsive: { healthzP99Ms: atMost(25), loopDelayP99Ms: atMost(20) },
  memory: { ratio: atMost(1.05), ready: atMost(330), loaded: atMost(450), oneWorker: atMost(270) },
  start: { readyMs: atMost(2000) },
  'search-100k': { ratio: atMost(2) },
  'search-approx': {
    p50Ms100k: atMost(1),
    recall100k: atLeast(0.999),
    p50Ms1m: atMost(1),
    recall1m: atLeast(0.999),
  },
  import: { ratio: atLeast(0.8) },
  'start-10k': { filesMs: atMost(3000), postgresMs: atMost(3000) },
  corrections: { stopped: atLeast(0.95), lost: atMost(0.002) },
  follow: { knownP99Ms: atMost(200) },
  history: { pageMs: atMost(200), eraseMs: atMost(2000) },
};

export function isReached(value: number, { sign, limit }: Bar): boolean {
  return sign === '<=' ? value <= limit : value >= limit;
}
