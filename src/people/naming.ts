import type { EmbeddedFace } from '../faces/pipeline/pipeline.js';
import type { Liveness } from '../faces/liveness/liveness.js';
import { type Gallery, isUsedBy, type JsonObject, type Person } from '../gallery/gallery.js';
import type { Among, Match, Matcher, MatchQuery } from '../matching/matcher.js';
import { assignUniquely } from '../matching/unique-assignment.js';
import { RostroError } from '../shared/errors.js';

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
  /** See {@link livenessPolicy}. */
  readonly liveness?: LivenessPolicy | undefined;
  /** Whether the sender belongs to `group` and knows of no other. */
  readonly ofGroup?: boolean | undefined;
  /** For a sender who may not list people: see {@link limitMatch} and {@link thresholdOf}. */
  readonly limited?: boolean | undefined;
}

/** Decimals of the distances of limited replies. More would let a client compute the enrolled embeddings. */
const LIMITED_DECIMALS = 3;

/** A distance or threshold of a limited reply. */
export function limitedDistance(distance: number): number {
  return Number(distance.toFixed(LIMITED_DECIMALS));
}

/**
 * The threshold of a request. A limited one may lower the server's but not raise it, and has few decimals: otherwise the
 * client could measure a distance by trying thresholds.
 */
export function thresholdOf({ threshold, limited }: NamingOptions, ofServer: number): number {
  if (threshold === undefined) return ofServer;
  return limited ? Math.min(limitedDistance(threshold), ofServer) : threshold;
}

/** The match of a limited reply: distances are rounded; people beyond the threshold and `excluded` are left out. */
export function limitMatch<T extends Match>(
  { probability, ...match }: T,
  threshold: number,
): Omit<T, 'probability'> & Match {
  const { name, nearest, runnerUp } = match;
  const isShown = (person: string | null, distance: number) => person === name || distance <= threshold;
  const distance = match.distance !== null && isShown(nearest, match.distance) ? limitedDistance(match.distance) : null;
  const second = runnerUp && isShown(runnerUp.name, runnerUp.distance) ? runnerUp : null;
  const rounded = second && { name: second.name, distance: limitedDistance(second.distance) };
  return {
    ...match,
    excluded: undefined,
    nearest: distance === null ? null : nearest,
    distance,
    runnerUp: rounded,
    margin: distance !== null && rounded ? limitedDistance(rounded.distance - distance) : null,
    ...(probability !== undefined && name !== null && { probability: limitedDistance(probability) }),
  };
}

/** A sender of a group does not learn of other groups, nor metadata that may be about them. */
function detailsFor({ group, ofGroup }: NamingOptions, { groups, metadata }: Person): PersonInfo['details'] {
  if (!ofGroup) return { groups, metadata };
  const isShared = groups.some((one) => one !== group);
  return { groups: groups.filter((one) => one === group), metadata: isShared ? {} : metadata };
}

export const LIVENESS_POLICIES = ['off', 'report', 'require'] as const;

/** `require`: only a face that is judged `live` gets a name. `off` also where the networks are not installed. */
export type LivenessPolicy = (typeof LIVENESS_POLICIES)[number];

/**
 * The policy of a request. `require` of the server holds for every request; otherwise a request may be stricter, or save
 * the time of the check.
 * @param asked undefined: the server's
 * @throws RostroError `liveness_unavailable` where the server checks nothing and the request asks for it
 */
export function livenessPolicy(asked: LivenessPolicy | undefined, ofServer: LivenessPolicy): LivenessPolicy {
  if (asked === undefined || ofServer === 'require') return ofServer;
  if (asked === 'off' || ofServer !== 'off') return asked;
  throw new RostroError(
    'liveness_unavailable',
    'This server does not check whether faces are living people: its networks are not installed ' +
      '("rostro models pull liveness" fetches them), or it runs with LIVENESS=off.',
  );
}

/** Why a face has no name although it was compared with nobody. */
export interface Withheld {
  readonly withheld?: 'not_live';
}

/** The match of a face that may not be named: nothing about enrolled people. */
export const WITHHELD_MATCH: Match = { name: null, nearest: null, distance: null, runnerUp: null, margin: null };

/** @param live null where liveness is not judged */
export function mayName(policy: LivenessPolicy, live: Liveness | null): boolean {
  return policy !== 'require' || live?.verdict === 'live';
}

/** The field that tells that a name was withheld, for the faces of one answer. */
export function withheld(policy: LivenessPolicy, ...faces: readonly (Liveness | null)[]): Withheld {
  return faces.every((live) => mayName(policy, live)) ? {} : { withheld: 'not_live' };
}

/** The matcher and its parameters. */
export interface NamingContext {
  readonly matcher: Matcher;
  /** Maximum Euclidean distance. */
  readonly threshold: number;
  readonly options: NamingOptions;
  /** Undefined for everyone. */
  readonly among?: Among | undefined;
}

/**
 * Names the faces of one photo that the policy lets have a name; the others get {@link WITHHELD_MATCH}. Unless `duplicates`
 * is set, no two faces get the same name.
 */
export async function nameFaces(
  faces: readonly Pick<EmbeddedFace, 'embedding' | 'live'>[],
  policy: LivenessPolicy,
  naming: NamingContext,
): Promise<Match[]> {
  const nameable = faces.filter(({ live }) => mayName(policy, live));
  const matches = await nameEmbeddings(
    nameable.map(({ embedding }) => embedding),
    naming,
  );
  return faces.map((face) => matches[nameable.indexOf(face)] ?? WITHHELD_MATCH);
}

async function nameEmbeddings(embeddings: readonly Float32Array[], naming: NamingContext): Promise<Match[]> {
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
  const maxDistance = options.threshold === undefined ? Infinity : threshold;
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
  private readonly groups = new Map<string, Among>();
  private readonly counts = new Map<string | undefined, number>();

  constructor(private readonly gallery: Pick<Gallery, 'version' | 'people'>) {}

  /** @returns the members and their examples that the group uses; undefined where no group is given */
  groupMembers(group: string | undefined): Among | undefined {
    if (group === undefined) return undefined;
    this.refresh();
    const known = this.groups.get(group);
    if (known) return known;
    const people = this.gallery.people().filter(({ groups }) => groups.includes(group));
    const members = { names: new Set(people.map(({ name }) => name)), group };
    // Empty groups are not cached, because clients can send any name.
    if (members.names.size > 0) this.groups.set(group, members);
    return members;
  }

  /** Number of examples that are compared. @param group undefined for the whole gallery */
  exampleCount(group: string | undefined): number {
    this.refresh();
    const known = this.counts.get(group);
    if (known !== undefined) return known;
    const members = this.groupMembers(group);
    const people = this.gallery.people().filter(({ name }) => members?.names.has(name) ?? true);
    const examples = people.flatMap((person) => person.examples);
    const count = examples.filter((example) => isUsedBy(group ?? null, example)).length;
    // Empty groups are not cached, because clients can send any name.
    if (count > 0) this.counts.set(group, count);
    return count;
  }

  infoOf({ name }: Match, options: NamingOptions): PersonInfo {
    this.refresh();
    const person = name === null ? undefined : this.byName.get(name);
    if (person === undefined) return { id: null };
    return { id: person.id, ...(options.details && { details: detailsFor(options, person) }) };
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
