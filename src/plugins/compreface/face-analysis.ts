import type { AttributeName } from '../../faces/attributes/attributes.js';
import type { EmbeddedFace, Face, ImageSize, Pipeline } from '../../faces/pipeline/pipeline.js';
import type { Gallery } from '../../gallery/gallery.js';
import {
  euclideanDistance,
  type Match,
  type MatcherSource,
  type NearestPerson,
  type PeopleFinder,
} from '../../matching/matcher.js';
import { matchFrom, PEOPLE_PER_MATCH } from '../../matching/nearest.js';
import type { ThresholdSource } from '../../matching/thresholds/threshold-source.js';
import { limitedDistance, type LivenessPolicy, mayName, nameFaces, type PersonLookup } from '../../people/naming.js';
import type { Observer } from '../../people/observer.js';
import { RostroError } from '../../shared/errors.js';
import type { FaceCollection, Group } from './face-collection.js';

export interface FaceAnalysisParts {
  readonly pipeline: Pipeline;
  readonly matching: MatcherSource;
  readonly finder: PeopleFinder;
  readonly lookup: PersonLookup;
  readonly gallery: Pick<Gallery, 'people' | 'person' | 'embeddedPerson'>;
  readonly collection: FaceCollection;
  readonly observer: Observer;
  readonly threshold: ThresholdSource;
  readonly liveness: () => LivenessPolicy;
}

/** Faces of one photo, the largest first. */
export interface PhotoFaces<T> {
  readonly image: ImageSize;
  readonly faces: readonly T[];
  /** Milliseconds to find the faces of the photo, and the mean for one face; null for what was not computed. */
  readonly timesMs: {
    readonly detector: number;
    readonly calculator: number | null;
    readonly attributes: number | null;
  };
}

export interface NamedFace extends EmbeddedFace {
  /** As `RecognitionService` names the face. */
  readonly name: string | null;
  readonly threshold: number;
  /** Nearest first. */
  readonly subjects: readonly RatedPerson[];
}

/** A person near to a face. */
export interface RatedPerson extends NearestPerson {
  /** See {@link ThresholdSource.falseMatchRate}. */
  readonly falseMatchRate: number | null;
}

export interface ComparedFace extends EmbeddedFace {
  readonly distance: number;
}

/** What to search for. */
export interface SubjectSearch {
  readonly group: Group;
  /** Number of nearest subjects for each face, at least 1. */
  readonly predictions: number;
  /** As in `NamingOptions`. */
  readonly limited?: boolean;
}

/** Detection, recognition and verification of photos and embeddings. Nothing is stored. */
export class FaceAnalysis {
  constructor(private readonly parts: FaceAnalysisParts) {}

  get threshold(): number {
    return this.parts.threshold.current();
  }

  /** The share of pairs of strangers who are this near; null for an embedder without an impostor table. */
  pairRate(distance: number): number | null {
    return this.parts.threshold.falseMatchRate(distance, 1);
  }

  get info() {
    return this.parts.pipeline.info;
  }

  /** @throws RostroError `no_face`, those of the pipeline */
  async detect(photo: Uint8Array, filter: FaceFilter, signal?: AbortSignal): Promise<PhotoFaces<Face>> {
    const request = { bytes: photo, attributes: filter.attributes };
    const { image, faces, timingsMs } = await this.parts.pipeline.run('detect', request, signal);
    const timesMs = { detector: timingsMs.detect, calculator: null, attributes: meanOf(timingsMs.attributes, faces) };
    return { image, faces: filterFaces(faces, filter), timesMs };
  }

  /** As {@link detect}, with the embeddings. */
  async embed(
    photo: Uint8Array,
    filter: FaceFilter,
    signal?: AbortSignal,
    which?: string,
  ): Promise<PhotoFaces<EmbeddedFace>> {
    const request = { bytes: photo, attributes: filter.attributes };
    const { image, faces, timingsMs } = await this.parts.pipeline.run('analyse', request, signal);
    const timesMs = {
      detector: timingsMs.detect,
      calculator: meanOf(timingsMs.embed, faces),
      attributes: meanOf(timingsMs.attributes, faces),
    };
    return { image, faces: filterFaces(faces, filter, which), timesMs };
  }

  /** @throws RostroError `no_face`, those of the pipeline and of the search */
  async recognize(
    photo: Uint8Array,
    { group, predictions, limited = false }: SubjectSearch,
    filter: FaceFilter,
    signal?: AbortSignal,
  ): Promise<PhotoFaces<NamedFace>> {
    const { matching, lookup, observer } = this.parts;
    const { threshold } = this;
    const liveness = this.parts.liveness();
    const start = performance.now();
    const photoFaces = await this.embed(photo, filter, signal);
    const matchStart = performance.now();
    const [options, among] = [{ group: group ?? undefined }, lookup.groupMembers(group ?? undefined)];
    const naming = { matcher: matching.current(), threshold, options, among };
    const matches = await nameFaces(photoFaces.faces, liveness, naming);
    const embeddings = photoFaces.faces.map(({ embedding }) => embedding);
    const known = matches.some((match) => this.hasNegatives(match)) ? null : subjectsFromMatches(matches, predictions);
    const subjects = known ?? (await this.nearest(embeddings, { group, predictions }));
    const faces = photoFaces.faces.map((face, i) => ({
      ...face,
      name: matches[i].name,
      threshold,
      subjects: mayName(liveness, face.live)
        ? this.rated(limited ? limitPeople(subjects[i], threshold) : subjects[i], group)
        : [],
    }));
    const end = performance.now();
    observer.facesNamed('recognize', matches, matches, { match: end - matchStart, total: end - start });
    return { ...photoFaces, faces };
  }

  /**
   * Compares the only face of one photo with those of another.
   * @throws RostroError `no_face`, `not_live`, `several_faces` in the first photo, those of the pipeline
   */
  async verify(
    [source, target]: readonly [Uint8Array, Uint8Array],
    filter: FaceFilter,
    signal?: AbortSignal,
  ): Promise<{ source: PhotoFaces<EmbeddedFace>; target: PhotoFaces<ComparedFace> }> {
    const [one, others] = await Promise.all([
      this.embedLiving(source, filter, signal, 'source'),
      this.embedLiving(target, filter, signal, 'target'),
    ]);
    if (one.faces.length > 1) throw new RostroError('several_faces', 'Found more than one face in the source image');
    return { source: one, target: this.compared(others, one.faces[0].embedding) };
  }

  /** Compares the faces of a photo with a kept example. @throws RostroError `example_not_found`, `no_face`, `not_live`, those of the pipeline */
  async verifyImage(
    group: Group,
    imageId: string,
    photo: Uint8Array,
    filter: FaceFilter,
    signal?: AbortSignal,
  ): Promise<PhotoFaces<ComparedFace> & { subject: string }> {
    const kept = await this.kept(group, imageId);
    return { ...this.compared(await this.embedLiving(photo, filter, signal), kept.embedding), subject: kept.subject };
  }

  /** The nearest subjects of each embedding. @throws RostroError `bad_request` for embeddings that are not this embedder's, `not_live`; those of the search */
  async recognizeEmbeddings(
    embeddings: readonly Float32Array[],
    search: SubjectSearch,
  ): Promise<{ readonly found: readonly (readonly RatedPerson[])[]; readonly threshold: number }> {
    this.requirePhoto();
    const { observer } = this.parts;
    const { threshold } = this;
    const start = performance.now();
    const found = await this.nearest(embeddings, search);
    const matches = found.map((people, i) => matchFrom(people, { embedding: embeddings[i] }, threshold));
    observer.facesNamed('recognize', matches, matches, { match: performance.now() - start });
    return { found: found.map((people) => this.rated(people, search.group)), threshold };
  }

  /** As {@link embed}; where the policy requires it, without the faces that are not judged `live`. @throws RostroError `not_live` */
  private async embedLiving(...[photo, filter, signal, which = 'given']: Parameters<FaceAnalysis['embed']>) {
    const { faces, ...rest } = await this.embed(photo, filter, signal, which);
    const living = faces.filter(({ live }) => mayName(this.parts.liveness(), live));
    if (living.length === 0) throw new RostroError('not_live', `No face in the ${which} image is judged to be alive`);
    return { ...rest, faces: living };
  }

  /** An embedding does not show whether the face was alive. @throws RostroError `not_live` where the policy requires it */
  private requirePhoto(): void {
    if (mayName(this.parts.liveness(), null)) return;
    throw new RostroError(
      'not_live',
      'This server names and compares living people only; send a photo, not an embedding',
    );
  }

  /** Negatives may exclude the nearest people of a match: the finder heeds them. */
  private hasNegatives({ nearest, runnerUp, excluded }: Match): boolean {
    return excluded !== undefined || [nearest, runnerUp?.name].some((name) => name && hasNegatives(name, this.parts));
  }

  private rated(people: readonly NearestPerson[], group: Group): RatedPerson[] {
    const { lookup, threshold } = this.parts;
    const examples = lookup.exampleCount(group ?? undefined);
    return people.map((person) => ({
      ...person,
      falseMatchRate: threshold.falseMatchRate(person.distance, examples),
    }));
  }

  private async nearest(
    embeddings: readonly Float32Array[],
    { group, predictions }: SubjectSearch,
  ): Promise<readonly (readonly NearestPerson[])[]> {
    const { finder, lookup, gallery } = this.parts;
    this.checkLength(embeddings);
    const people = Math.min(predictions, gallery.people().length);
    if (people === 0) return embeddings.map(() => []);
    return finder.nearest(embeddings, people, lookup.groupMembers(group ?? undefined));
  }

  /** @returns distances to the kept example. @throws RostroError `example_not_found`, `bad_request`, `not_live` */
  async distancesToImage(group: Group, imageId: string, embeddings: readonly Float32Array[]): Promise<number[]> {
    this.requirePhoto();
    const { embedding } = await this.kept(group, imageId);
    return this.distances(embedding, embeddings);
  }

  /** @throws RostroError `bad_request` */
  distances(source: Float32Array, targets: readonly Float32Array[]): number[] {
    this.checkLength([source, ...targets]);
    return targets.map((target) => euclideanDistance(source, target));
  }

  private compared({ faces, ...photoFaces }: PhotoFaces<EmbeddedFace>, source: Float32Array): PhotoFaces<ComparedFace> {
    const { observer } = this.parts;
    const { threshold } = this;
    const compared = faces.map((face) => ({ ...face, distance: euclideanDistance(source, face.embedding) }));
    for (const { distance } of compared) observer.facesCompared(distance <= threshold, distance);
    return { ...photoFaces, faces: compared };
  }

  private async kept(group: Group, imageId: string): Promise<{ subject: string; embedding: Float32Array }> {
    const { person, example } = this.parts.collection.image(group, imageId);
    const { examples } = await this.parts.gallery.embeddedPerson(person.name);
    const found = examples.find(({ id }) => id === example.id);
    if (!found) throw new RostroError('example_not_found', `There is no image ${imageId}.`);
    return { subject: person.name, embedding: found.embedding };
  }

  private checkLength(embeddings: readonly Float32Array[]): void {
    const { dimension, name } = this.info.contract;
    const wrong = embeddings.find(({ length }) => length !== dimension);
    if (wrong === undefined) return;
    throw new RostroError(
      'bad_request',
      `An embedding of ${name} has ${dimension} values; this one has ${wrong.length}.`,
    );
  }
}

/** False for a person who was erased meanwhile. */
function hasNegatives(name: string, { gallery }: Pick<FaceAnalysisParts, 'gallery'>): boolean {
  try {
    return gallery.person(name).negatives !== undefined;
  } catch {
    return false;
  }
}

function meanOf(total: number | undefined, { length }: readonly Face[]): number | null {
  return total === undefined || length === 0 ? null : total / length;
}

/** For a sender who may not list people: as `limitMatch`. */
function limitPeople(people: readonly NearestPerson[], threshold: number): NearestPerson[] {
  return people
    .filter(({ distance }) => distance <= threshold)
    .map(({ name, distance }) => ({ name, distance: limitedDistance(distance) }));
}

/** Subjects that the naming has found already; null if more are wanted, or if a face lost its nearest person to another face. */
function subjectsFromMatches(matches: readonly Match[], predictions: number): NearestPerson[][] | null {
  if (predictions > PEOPLE_PER_MATCH || matches.some(({ taken }) => taken !== undefined)) return null;
  return matches.map(({ nearest, distance, runnerUp }) => {
    const first = nearest === null || distance === null ? [] : [{ name: nearest, distance }];
    return [...first, ...(runnerUp ? [runnerUp] : [])].slice(0, predictions);
  });
}

/** Which faces of a photo count, and what is guessed about them. */
export interface FaceFilter {
  readonly attributes: readonly AttributeName[];
  /** Number of faces, the largest first; 0 for all. */
  readonly limit: number;
  /** Least confidence of the detector, 0..1; null for all faces that it finds. */
  readonly minConfidence: number | null;
}

/**
 * The largest first.
 * @param which photo, for the error message
 * @throws RostroError `no_face` if none is left
 */
export function filterFaces<T extends Face>(
  faces: readonly T[],
  { limit, minConfidence }: Pick<FaceFilter, 'limit' | 'minConfidence'>,
  which = 'given',
): T[] {
  const area = ({ box }: Face) => box.width * box.height;
  const kept = faces
    .filter(({ confidence }) => confidence >= (minConfidence ?? 0))
    .sort((a, b) => area(b) - area(a))
    .slice(0, limit === 0 ? undefined : limit);
  if (kept.length === 0) throw new RostroError('no_face', `No face is found in the ${which} image`);
  return kept;
}
