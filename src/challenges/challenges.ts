import { randomInt, randomUUID } from 'node:crypto';
import type { Pipeline } from '../faces/pipeline/pipeline.js';
import type { MatcherSource } from '../matching/matcher.js';
import type { ThresholdSource } from '../matching/thresholds/threshold-source.js';
import { nameFaces, type NamingOptions, type PersonLookup, limitMatch, thresholdOf } from '../people/naming.js';
import type { Observer } from '../people/observer.js';
import { RostroError } from '../shared/errors.js';
import { meanEmbedding } from '../shared/statistics/vectors.js';
import { type Action, Challenge, CHALLENGE_MS, drawActions, type Failure, type Progress } from './challenge.js';
import { observationOf } from './observation.js';
import { TOKEN_LIFETIME_S, type TokenClaims } from './token.js';
import type { ChallengeTokens } from './tokens.js';

/** The result is kept for so long after the end: while the token is valid. */
const RESULT_KEPT_MS = TOKEN_LIFETIME_S * 1000;
/** Running at a time. Each costs what a live camera costs. */
const MAX_RUNNING = 100;
/** Of one owner, running or failed within {@link RESULT_KEPT_MS}: nobody waits for the actions of a video. */
const MAX_NOT_PASSED_PER_OWNER = 10;
const RETRY_AFTER_S = 10;
/** With those whose result is kept: the oldest are forgotten first. */
const MAX_KEPT = 1000;
/** Frames of one challenge that are observed or wait. */
const MAX_FRAMES_WAITING = 4;

/** Who began a challenge, and what for. */
export interface ChallengeRequest {
  /** Only requests of the same owner reach the challenge. */
  readonly owner: string;
  /** Actions that the person cannot do. */
  readonly without?: readonly Action[] | undefined;
  /** The name that the person claims to have; the challenge fails for everyone else. */
  readonly person?: string | undefined;
  /** Who may accept the token. */
  readonly audience?: string | undefined;
  readonly naming: NamingOptions;
}

export interface ChallengeStatus extends Omit<Progress, 'failure'> {
  readonly id: string;
  /** `wrong_person`: a living person, but not the one that was expected. */
  readonly failure: Failure | 'wrong_person' | null;
  /** Until the time is over; 0 after the end. */
  readonly msLeft: number;
  /** Who passed; null before the end, and for an unknown person. */
  readonly person: TokenClaims['person'];
  /** Mean score of the passive check, 0..1; null before the end, and where no network of it runs. */
  readonly score: number | null;
}

/** The status with the token of a challenge that was passed. */
export interface ChallengeResult extends ChallengeStatus {
  readonly token: string | null;
  /** Whether an earlier request got the token already. */
  readonly collected: boolean;
}

export interface ChallengesParts {
  readonly pipeline: Pick<Pipeline, 'info' | 'run'>;
  readonly matching: MatcherSource;
  readonly lookup: PersonLookup;
  readonly thresholds: ThresholdSource;
  readonly tokens: ChallengeTokens;
  readonly observer: Observer;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  /** Default: a {@link Challenge}. */
  readonly start?: (options: ConstructorParameters<typeof Challenge>[0]) => RunningChallenge;
}

type RunningChallenge = Pick<Challenge, 'observe' | 'looks' | 'score'>;

interface Outcome {
  readonly failure: ChallengeStatus['failure'];
  readonly person: TokenClaims['person'];
  readonly score: number | null;
  readonly token: string | null;
  readonly endedAt: number;
}

interface Entry {
  readonly id: string;
  readonly request: ChallengeRequest;
  readonly startedAt: number;
  readonly challenge: RunningChallenge;
  progress: Progress;
  /** Frames are observed one after the other, in the order in which they came. */
  last: Promise<unknown>;
  waiting: number;
  outcome: Outcome | null;
  collected: boolean;
}

/** The challenges of this server, in memory: frames are never kept. */
export class Challenges {
  /** The oldest first. */
  private readonly entries = new Map<string, Entry>();
  readonly tokens: ChallengeTokens;
  private readonly now: () => number;

  constructor(private readonly parts: ChallengesParts) {
    this.tokens = parts.tokens;
    this.now = parts.now ?? (() => performance.now());
  }

  /** @throws RostroError `busy`, `too_many_requests` at a limit; `storage_failed` where the key of the tokens cannot be made or read */
  async create(request: ChallengeRequest): Promise<ChallengeStatus> {
    await this.tokens.signer();
    this.sweep();
    const notPassed = [...this.entries.values()].filter(({ outcome }) => outcome === null || outcome.failure !== null);
    const own = notPassed.filter((entry) => entry.request.owner === request.owner);
    if (own.length >= MAX_NOT_PASSED_PER_OWNER) {
      throw new RostroError('too_many_requests', 'Ten challenges run or have failed within a minute; slow down.', {
        details: { retryAfterSeconds: RETRY_AFTER_S },
      });
    }
    if (notPassed.filter(({ outcome }) => outcome === null).length >= MAX_RUNNING) {
      throw new RostroError('busy', 'As many challenges run as the server takes; try again in a few seconds.');
    }
    const actions = drawActions(randomShare, request.without);
    const startedAt = this.now();
    const { threshold } = this.parts.pipeline.info.contract;
    const options = { actions, threshold, startedAt, random: randomShare };
    const entry: Entry = {
      id: randomUUID(),
      request,
      startedAt,
      challenge: this.parts.start?.(options) ?? new Challenge(options),
      progress: { state: 'running', step: 0, actions, done: 0, hint: null, failure: null },
      last: Promise.resolve(),
      waiting: 0,
      outcome: null,
      collected: false,
    };
    this.entries.set(entry.id, entry);
    return this.statusOf(entry);
  }

  /**
   * The next frame.
   * @param bytes a photo file
   * @throws RostroError `challenge_unknown`, `challenge_over`, `busy` when frames come too fast; the pipeline's errors, after
   *   which the challenge goes on; the signal's reason
   */
  async observe(id: string, owner: string, bytes: Uint8Array, signal?: AbortSignal): Promise<ChallengeStatus> {
    const entry = this.running(id, owner);
    if (entry.waiting >= MAX_FRAMES_WAITING) {
      throw new RostroError('busy', 'Frames come faster than they are looked at: send each after the previous reply.');
    }
    const at = this.now();
    entry.waiting++;
    const turn = entry.last.then(() => this.next(entry, at, bytes, signal)).finally(() => entry.waiting--);
    entry.last = turn.catch(() => undefined);
    return turn;
  }

  /** @throws RostroError `challenge_unknown`, `challenge_over` */
  requireRunning(id: string, owner: string): void {
    this.running(id, owner);
  }

  /** The token is the same each time. @throws RostroError `challenge_unknown` */
  collect(id: string, owner: string): ChallengeResult {
    const entry = this.find(id, owner);
    const result = { ...this.statusOf(entry), token: entry.outcome?.token ?? null, collected: entry.collected };
    if (result.token !== null) entry.collected = true;
    return result;
  }

  private running(id: string, owner: string): Entry {
    const entry = this.find(id, owner);
    if (entry.outcome !== null) throw challengeOver();
    return entry;
  }

  private find(id: string, owner: string): Entry {
    this.sweep();
    const entry = this.entries.get(id);
    if (entry?.request.owner === owner) return entry;
    throw new RostroError('challenge_unknown', 'There is no such challenge, or its result is not kept any more.');
  }

  private async next(entry: Entry, at: number, bytes: Uint8Array, signal?: AbortSignal): Promise<ChallengeStatus> {
    signal?.throwIfAborted();
    if (entry.outcome !== null) throw challengeOver();
    if (at - entry.startedAt > CHALLENGE_MS) {
      this.end(entry, { failure: 'time_over' });
      return this.statusOf(entry);
    }
    const seen = await this.parts.pipeline.run('observe', { bytes }, signal);
    const progress = entry.challenge.observe(observationOf(seen, at));
    entry.progress = progress;
    if (progress.state === 'failed') this.end(entry, { failure: progress.failure });
    if (progress.state === 'passed') await this.pass(entry);
    return this.statusOf(entry);
  }

  private async pass(entry: Entry): Promise<void> {
    const { naming, person: expected, audience } = entry.request;
    const person = await this.nameOf(entry.challenge, naming);
    if (expected !== undefined && person?.name !== expected) return this.end(entry, { failure: 'wrong_person' });
    const { score } = entry.challenge;
    const actions = [...entry.progress.actions];
    const token = await this.tokens.issue({ sub: entry.id, person, score, actions }, audience);
    this.end(entry, { failure: null, person, score, token });
  }

  private async nameOf({ looks }: RunningChallenge, naming: NamingOptions): Promise<TokenClaims['person']> {
    if (looks.length === 0) return null;
    const { matching, lookup, thresholds, observer } = this.parts;
    const threshold = thresholdOf(naming, thresholds.current());
    const start = performance.now();
    const among = lookup.groupMembers(naming.group);
    // The challenge itself has decided that the person is alive.
    const face = { embedding: meanEmbedding(looks), live: null };
    const matches = await nameFaces([face], 'report', {
      matcher: matching.current(),
      threshold,
      options: naming,
      among,
    });
    observer.facesNamed('recognize', matches, matches, { match: performance.now() - start });
    const [match] = naming.limited ? matches.map((one) => limitMatch(one, threshold)) : matches;
    return match.name === null ? null : { name: match.name, id: lookup.infoOf(match, naming).id };
  }

  private end(entry: Entry, { failure, person = null, score = null, token = null }: Partial<Outcome>): void {
    this.parts.observer.challengeEnded(failure ?? 'passed');
    entry.outcome = { failure: failure ?? null, person, score, token, endedAt: this.now() };
  }

  private statusOf({ id, progress, outcome, startedAt }: Entry): ChallengeStatus {
    const { failure, person, score } = outcome ?? { failure: null, person: null, score: null };
    const state = outcome === null ? 'running' : failure === null ? 'passed' : 'failed';
    const msLeft = outcome === null ? Math.max(0, Math.round(startedAt + CHALLENGE_MS - this.now())) : 0;
    return { ...progress, id, state, failure, msLeft, person, score };
  }

  /** Ends challenges whose time is over, and forgets old results and tokens. */
  private sweep(): void {
    const now = this.now();
    for (const [id, entry] of this.entries) {
      const { outcome, startedAt, waiting } = entry;
      if (outcome === null && waiting === 0 && now - startedAt > CHALLENGE_MS) {
        this.end(entry, { failure: 'time_over' });
      } else if (outcome !== null && (now - outcome.endedAt > RESULT_KEPT_MS || this.entries.size > MAX_KEPT)) {
        this.entries.delete(id);
      }
    }
  }
}

const RANDOM_STEPS = 2 ** 32;

/** 0 (included) to 1 (excluded), from a cryptographically secure source. */
function randomShare(): number {
  return randomInt(RANDOM_STEPS) / RANDOM_STEPS;
}

function challengeOver(): RostroError {
  return new RostroError('challenge_over', 'This challenge is over: begin another one.');
}
