import type { Match } from '../matching/matcher.js';
import { oneFaceEach, strengthOf } from '../matching/one-face-each.js';
import { nameEach } from '../people/name-faces.js';
import { HOLD_SHARE, type NamingNow } from './identity.js';
import type { Track } from './track.js';

/** The names of the faces that a frame shows, each over its last looks: nobody has two, unless that is asked for. */
export async function nameTracks(tracks: readonly Track[], naming: NamingNow): Promise<Match[]> {
  const matches = await decided(tracks, naming);
  if (naming.wishes.duplicates) return matches;
  return oneFaceEach(matches, {
    strength: (match, face) => strengthAsBefore(match, tracks[face]),
    again: (displaced) =>
      decidedWithout(
        displaced.map(({ face, without }) => ({ track: tracks[face], without })),
        naming,
      ),
  });
}

/** Only those are asked for that something has changed about. */
async function decided(tracks: readonly Track[], naming: NamingNow): Promise<Match[]> {
  const open = tracks.filter(({ identity }) => identity.decision(naming) === null);
  const answers = await nameEach(
    open.map(({ identity: { embedding } }) => ({ embedding })),
    naming,
  );
  open.forEach(({ identity }, i) => identity.decide(answers[i], naming));
  return tracks.map(({ identity }) => identity.decision(naming)!);
}

async function decidedWithout(
  displaced: readonly { track: Track; without: ReadonlySet<string> }[],
  naming: NamingNow,
): Promise<Match[]> {
  const open = displaced.filter(({ track, without }) => track.identity.decisionWithout(without, naming) === null);
  const answers = await nameEach(
    open.map(({ track, without }) => ({ embedding: track.identity.embedding, without })),
    naming,
  );
  open.forEach(({ track, without }, i) => track.identity.decideWithout(without, answers[i], naming));
  return displaced.map(({ track, without }) => track.identity.decisionWithout(without, naming)!);
}

/** Of two faces that are about as near to somebody, the one that had the name keeps it: it must not jump to and fro. */
function strengthAsBefore(match: Match, track: Track): number {
  const strength = strengthOf(match);
  if (match.name === null || !track.wasNamed(match.name)) return strength;
  return strength < 0 ? strength / HOLD_SHARE : strength * HOLD_SHARE;
}
