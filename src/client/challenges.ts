import { jsonBody, type Photo, photoBody } from './body.js';
import { type CallOptions, pathOf } from './options.js';
import type { Requester } from './requester.js';
import type { Challenge, ChallengeKeys, ChallengeResult, ChallengeToken, NewChallenge } from './types.js';

/** Challenges of a living person. */
export class Challenges {
  constructor(private readonly server: Requester) {}

  /** Begins a challenge, which takes frames for 20 s. @throws RostroApiError `busy` where as many run as the server takes */
  begin(options: NewChallenge & CallOptions = {}): Promise<Challenge> {
    const { without, person, group, audience, ...call } = options;
    const body = jsonBody({ without, person, group, audience });
    return this.server.json({ method: 'POST', path: '/challenges', body }, call);
  }

  /**
   * Sends the next frame; send each after the reply to the previous one. Not retried: a later frame takes its place.
   * @throws RostroApiError `challenge_unknown`, `challenge_over`, `busy`, `not_an_image`
   */
  frame(id: string, frame: Photo, options?: CallOptions): Promise<Challenge> {
    const path = pathOf('challenges', id, 'frames');
    return this.server.json({ method: 'POST', path, body: photoBody(frame), retryMode: 'once' }, options);
  }

  /** The state, and the token after the challenge was passed. @throws RostroApiError `challenge_unknown` */
  result(id: string, options?: CallOptions): Promise<ChallengeResult> {
    return this.server.json({ path: pathOf('challenges', id) }, options);
  }

  /**
   * Accepts a token once.
   * @returns what it says
   * @throws RostroApiError `token_refused`, with the reason in `details.why`
   */
  redeem(
    token: string,
    { audience, ...options }: { readonly audience?: string | undefined } & CallOptions = {},
  ): Promise<ChallengeToken> {
    const body = jsonBody({ token, audience });
    return this.server.json({ method: 'POST', path: '/challenges/verify', body }, options);
  }

  /** The public key of the tokens, a JWK set. */
  keys(options?: CallOptions): Promise<ChallengeKeys> {
    return this.server.json({ path: '/challenges/keys' }, options);
  }
}
