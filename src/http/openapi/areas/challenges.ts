import { z } from 'zod';
import * as schemas from '../../schemas.js';
import { BODY_ERRORS, PHOTO_ERRORS } from '../failures.js';
import { json, photo, type Area } from '../operation.js';

const path = z.object({ id: z.string() });

/** Challenges of a living person. */
export const CHALLENGES: Area = {
  name: 'Challenges',
  description: `Whether a living person is in front of the camera: the server draws three actions, looks at the frames in
which the person does them, and signs the result. A challenge takes frames for 20 s, belongs to the key that began it, and is
kept in memory for 60 s after its end.`,
  operations: {
    'POST /challenges': {
      id: 'beginChallenge',
      summary: 'Begin a challenge',
      body: { 'application/json': schemas.newChallenge },
      reply: json(schemas.challenge, 201),
      errors: [...BODY_ERRORS, 'bad_details', 'not_ready', 'storage_failed'],
    },
    'POST /challenges/:id/frames': {
      id: 'sendChallengeFrame',
      summary: 'Send the next frame',
      description:
        'Send each frame after the reply to the previous one, about ten a second. Frames are not stored. The WebSocket `/live` takes them as well.',
      path,
      body: photo(z.object({})),
      reply: json(schemas.challenge),
      errors: [...PHOTO_ERRORS, 'challenge_unknown', 'challenge_over', 'storage_failed'],
    },
    'GET /challenges/:id': {
      id: 'challengeResult',
      summary: 'Get the state of a challenge, and its token',
      path,
      reply: json(schemas.challengeResult),
      errors: ['challenge_unknown', 'not_ready'],
    },
    'POST /challenges/verify': {
      id: 'redeemToken',
      summary: 'Accept a token once',
      description:
        'A second time, after 60 s, and after a restart of the server it is refused; `details.why` says why.',
      body: { 'application/json': schemas.tokenToCheck },
      reply: json(schemas.checkedToken),
      errors: [...BODY_ERRORS, 'token_refused', 'not_ready', 'storage_failed'],
    },
    'GET /challenges/keys': {
      id: 'challengeKeys',
      summary: 'Get the public key of the tokens',
      description: 'To check tokens without this server.',
      reply: json(schemas.challengeKeys),
      errors: ['not_ready', 'storage_failed'],
    },
  },
};
