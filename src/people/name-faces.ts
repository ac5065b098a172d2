import type { Match, Matcher, Question } from '../matching/matcher.js';
import { oneFaceEach } from '../matching/one-face-each.js';

/** What a client may ask of a naming; what it leaves out is as the server has it. */
export interface Wishes {
  /** Plain Euclidean distance. A trained matcher has a cut-off of its own and gives no name beyond this either. */
  readonly threshold?: number | undefined;
  /** Several faces of one picture may be the same person: of a collage, or with a mirror. */
  readonly duplicates?: boolean | undefined;
  /** Only people of this group can be named: everybody else is as if not enrolled. */
  readonly group?: string | undefined;
  /** Whether groups and metadata come with a name. */
  readonly details?: boolean | undefined;
}

/** Whom to ask for names, and within what. */
export interface Naming {
  readonly matcher: Matcher;
  /** Plain Euclidean distance. */
  readonly threshold: number;
  readonly wishes: Wishes;
  /** The people of the group that is wished for; undefined for everybody. */
  readonly among?: ReadonlySet<string> | undefined;
}

/** The names of the faces of one picture: nobody has two, unless that is asked for. */
export async function nameFaces(embeddings: readonly Float32Array[], naming: Naming): Promise<Match[]> {
  const matches = await nameEach(
    embeddings.map((embedding) => ({ embedding })),
    naming,
  );
  if (naming.wishes.duplicates) return matches;
  return oneFaceEach(matches, {
    again: (displaced) =>
      nameEach(
        displaced.map(({ face, without }) => ({ embedding: embeddings[face], without })),
        naming,
      ),
  });
}

/** Each face for itself. */
export async function nameEach(
  questions: readonly Question[],
  { matcher, threshold, wishes, among }: Naming,
): Promise<Match[]> {
  const matches = await matcher.match(questions, threshold, among);
  const { threshold: asked = Infinity } = wishes;
  return matches.map((match) => ((match.distance ?? Infinity) > asked ? { ...match, name: null } : match));
}
