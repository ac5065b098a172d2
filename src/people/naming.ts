import type { Gallery, JsonObject, Person } from '../gallery/gallery.js';
import type { Match, Matcher, MatchQuery } from '../matching/matcher.js';
import { assignUniquely } from '../matching/unique-assignment.js';

/** Options of a recognition request. Defaults are the server's settings. */
export interface NamingOptions {
  /** Maximum Euclidean distance. A trained matcher applies its own cut-off in addition. */
  readonly threshold?: number | undefined;
  /** Whether several faces of a photo may get the same name, as in a collage or a mirror. */
  readonly duplicates?: boolean | undefined;
  /** Searches only people of this group. */
  readonly group?: string | undefined;
  /** Whether to return groups and metadata. */
  readonly details?: boolean | undefined;
}

/** The matcher and its parameters. */
export interface NamingContext {
  readonly matcher: Matcher;
  /** Maximum Euclidean distance. */
  readonly threshold: number;
  readonly options: NamingOptions;
  /** Names of the people to search; undefined for all. */
  readonly among?: ReadonlySet<string> | undefined;
}

/** Names the faces of one photo. Unless `duplicates` is set, no two faces get the same name. */
export async function nameFaces(embeddings: readonly Float32Array[], naming: NamingContext): Promise<Match[]> {
  const matches = await nameEach(
    embeddings.map((embedding) => ({ embedding })),
    naming,
  );
  if (naming.options.duplicates) return matches;
  return assignUniquely(matches, {
    rematch: (displaced) =>
      nameEach(
        displaced.map(({ face, excluded }) => ({ embedding: embeddings[face], excluded })),
        naming,
      ),
  });
}

/** Names each face independently. */
export async function nameEach(
  queries: readonly MatchQuery[],
  { matcher, threshold, options, among }: NamingContext,
): Promise<Match[]> {
  const matches = await matcher.match(queries, threshold, among);
  const { threshold: maxDistance = Infinity } = options;
  return matches.map((match) => ((match.distance ?? Infinity) > maxDistance ? { ...match, name: null } : match));
}

/** Data of a recognised person in the response. */
export interface PersonInfo {
  /** The user's own id; null where the person has none, and for unknown faces. */
  readonly id: string | null;
  /** Present where `options.details` is set and the face has a name. */
  readonly details?: { readonly groups: readonly string[]; readonly metadata: JsonObject };
}

/** Looks up group members and details of people. The index is rebuilt after a change of the gallery. */
export class PersonLookup {
  private version: number | null = null;
  private readonly byName = new Map<string, Person>();
  private readonly groups = new Map<string, ReadonlySet<string>>();
  private readonly counts = new Map<string | undefined, number>();

  constructor(private readonly gallery: Pick<Gallery, 'version' | 'people'>) {}

  /** @returns the names of the members; undefined where no group is given */
  groupMembers(group: string | undefined): ReadonlySet<string> | undefined {
    if (group === undefined) return undefined;
    this.refresh();
    const known = this.groups.get(group);
    if (known) return known;
    const people = this.gallery.people().filter(({ groups }) => groups.includes(group));
    const members = new Set(people.map(({ name }) => name));
    // Empty groups are not cached, because clients can send any name.
    if (members.size > 0) this.groups.set(group, members);
    return members;
  }

  /** Number of examples that are compared. @param group undefined for the whole gallery */
  exampleCount(group: string | undefined): number {
    this.refresh();
    const known = this.counts.get(group);
    if (known !== undefined) return known;
    const members = this.groupMembers(group);
    const people = this.gallery.people().filter(({ name }) => members?.has(name) ?? true);
    const count = people.reduce((sum, { examples }) => sum + examples.length, 0);
    // Empty groups are not cached, because clients can send any name.
    if (count > 0) this.counts.set(group, count);
    return count;
  }

  infoOf({ name }: Match, options: NamingOptions): PersonInfo {
    this.refresh();
    const person = name === null ? undefined : this.byName.get(name);
    if (person === undefined) return { id: null };
    const { id, groups, metadata } = person;
    return { id, ...(options.details && { details: { groups, metadata } }) };
  }

  private refresh(): void {
    if (this.version === this.gallery.version) return;
    this.version = this.gallery.version;
    this.groups.clear();
    this.counts.clear();
    this.byName.clear();
    for (const person of this.gallery.people()) this.byName.set(person.name, person);
  }
}
