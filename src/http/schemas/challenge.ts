import { z } from 'zod';
import { ACTIONS, FAILURES, HINTS } from '../../challenges/challenge.js';
import { tokenClaims } from '../../challenges/token.js';

const action = z.enum(ACTIONS).meta({ id: 'ChallengeAction' });

/** At least three actions stay, so that a recorded video seldom has the drawn order. */
const MOST_WITHOUT = ACTIONS.length - 3;

const audience = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe('Who may accept the token, its claim `aud`: the name of a door or of a login.');

export const newChallenge = z
  .strictObject({
    without: z
      .array(action)
      .max(MOST_WITHOUT)
      .optional()
      .describe('Actions that the person cannot do; others are drawn.'),
    person: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('The name that the person claims to have: the challenge fails with `wrong_person` for everyone else.'),
    group: z.string().optional().describe('Name only people of this group.'),
    audience,
  })
  .meta({ id: 'NewChallenge' });

const person = z
  .strictObject({ name: z.string(), id: z.string().nullable().describe('Your own id for the person.') })
  .nullable()
  .describe('Who passed; null before the end, and for a living person whom the gallery does not know.');

const status = {
  id: z.string(),
  state: z.enum(['running', 'passed', 'failed']),
  actions: z.array(action).describe('What the person does, in this order. Left and right are the person’s own.'),
  step: z.int().min(0).describe('Index of the current action; the number of actions after the last one.'),
  done: z.number().min(0).max(1).describe('How far the current action is done.'),
  hint: z.enum(HINTS).nullable().describe('What the person should change now.'),
  failure: z.enum([...FAILURES, 'wrong_person']).nullable(),
  msLeft: z.int().min(0).describe('Time until the challenge is over, milliseconds; 0 after its end.'),
  person,
  score: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('Mean score of the passive check; null before the end, and where no network of it runs.'),
};

export const challenge = z.strictObject(status).meta({ id: 'Challenge' });

export const challengeResult = z
  .strictObject({
    ...status,
    token: z.string().nullable().describe('Of a challenge that was passed: a JSON Web Token that is valid for 60 s.'),
    collected: z.boolean().describe('Whether an earlier request got the token already.'),
  })
  .meta({ id: 'ChallengeResult' });

export const challengeKeys = z
  .strictObject({
    keys: z.array(
      z.strictObject({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: z.string(),
        kid: z.string(),
        use: z.literal('sig'),
        alg: z.literal('EdDSA'),
      }),
    ),
  })
  .meta({ id: 'ChallengeKeys', description: 'A JWK set (RFC 7517).' });

export const tokenToCheck = z.strictObject({ token: z.string(), audience }).meta({ id: 'TokenToCheck' });

export const checkedToken = tokenClaims.meta({
  id: 'ChallengeToken',
  description: 'What a token says; `sub` is the id of the challenge, `iat` and `exp` are seconds since 1970.',
});
