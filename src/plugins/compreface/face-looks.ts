import type { EmbeddedFace, Face, ImageSize, Pipeline } from '../../faces/pipeline/pipeline.js';
import type { Gallery } from '../../gallery/gallery.js';
import type { Matching } from '../../matching/classifiers/matching.js';
import { euclideanDistance, type Match, type Named, type PeopleFinder } from '../../matching/matcher.js';
import { answerOf, PEOPLE_TOLD } from '../../matching/nearest.js';
import type { Directory } from '../../people/directory.js';
import { nameFaces } from '../../people/name-faces.js';
import type { Observer } from '../../people/observer.js';
import { RostroError } from '../../shared/errors.js';
import type { FaceCollection, Group } from './face-collection.js';

export interface FaceLooksParts {
  readonly pipeline: Pipeline;
  readonly matching: Matching;
  readonly finder: PeopleFinder;
  readonly directory: Directory;
  readonly gallery: Pick<Gallery, 'people' | 'embeddedPerson'>;
  readonly collection: FaceCollection;
  readonly observer: Observer;
  /** Plain Euclidean distance at or under which a name is given. */
  readonly threshold: number;
}

/** Faces of one photo, the largest first. */
export interface Look<T> {
  readonly image: ImageSize;
  readonly faces: readonly T[];
  /** Milliseconds: to find the faces of the photo, and the mean of those to embed one; null where none was embedded. */
  readonly timesMs: { readonly detector: number; readonly calculator: number | null };
}

export interface NamedFace extends EmbeddedFace {
  /** As `RecognitionService` names the face. */
  readonly name: string | null;
  /** Nearest first. */
  readonly subjects: readonly Named[];
}

export interface ComparedFace extends EmbeddedFace {
  readonly distance: number;
}

/** Whom to look for. */
export interface Search {
  readonly group: Group;
  /** So many nearest subjects of each face, 1 or more. */
  readonly predictions: number;
}

/** What CompreFace's clients ask of photos and embeddings. Nothing is kept. */
export class FaceLooks {
  constructor(private readonly parts: FaceLooksParts) {}

  get threshold(): number {
    return this.parts.threshold;
  }

  get info() {
    return this.parts.pipeline.info;
  }

  /** @throws RostroError `no_face`, those of the pipeline */
  async detect(photo: Uint8Array, choice: FaceChoice, signal?: AbortSignal): Promise<Look<Face>> {
    const { image, faces, timingsMs } = await this.parts.pipeline.detect(photo, signal);
    return { image, faces: chosenFaces(faces, choice), timesMs: { detector: timingsMs.detect, calculator: null } };
  }

  /** As {@link detect}, with the embeddings. */
  async embed(
    photo: Uint8Array,
    choice: FaceChoice,
    signal?: AbortSignal,
    which?: string,
  ): Promise<Look<EmbeddedFace>> {
    const { image, faces, timingsMs } = await this.parts.pipeline.analyse(photo, signal);
    const calculator = faces.length === 0 ? null : timingsMs.embed / faces.length;
    const timesMs = { detector: timingsMs.detect, calculator };
    return { image, faces: chosenFaces(faces, choice, which), timesMs };
  }

  /** @throws RostroError `no_face`, those of the pipeline and of the search */
  async recognize(
    photo: Uint8Array,
    { group, predictions }: Search,
    choice: FaceChoice,
    signal?: AbortSignal,
  ): Promise<Look<NamedFace>> {
    const { matching, threshold, directory, observer } = this.parts;
    const start = performance.now();
    const look = await this.embed(photo, choice, signal);
    const matchStart = performance.now();
    const embeddings = look.faces.map(({ embedding }) => embedding);
    const [wishes, among] = [{ group: group ?? undefined }, directory.members(group ?? undefined)];
    const matches = await nameFaces(embeddings, { matcher: matching.current(), threshold, wishes, among });
    const subjects = knownFrom(matches, predictions) ?? (await this.nearest(embeddings, { group, predictions }));
    const faces = look.faces.map((face, i) => ({ ...face, name: matches[i].name, subjects: subjects[i] }));
    const end = performance.now();
    observer.named('recognize', matches, matches, { match: end - matchStart, total: end - start });
    return { ...look, faces };
  }

  /**
   * Compares the only face of one photo with those of another.
   * @throws RostroError `no_face`, `several_faces` in the first photo, those of the pipeline
   */
  async verify(
    [source, target]: readonly [Uint8Array, Uint8Array],
    choice: FaceChoice,
    signal?: AbortSignal,
  ): Promise<{ source: Look<EmbeddedFace>; target: Look<ComparedFace> }> {
    const [one, others] = await Promise.all([
      this.embed(source, choice, signal, 'source'),
      this.embed(target, choice, signal, 'target'),
    ]);
    if (one.faces.length > 1) throw new RostroError('several_faces', 'Found more than one face in the source image');
    return { source: one, target: this.compared(others, one.faces[0].embedding) };
  }

  /** Compares the faces of a photo with a kept example. @throws RostroError `example_not_found`, `no_face`, those of the pipeline */
  async verifyImage(
    group: Group,
    imageId: string,
    photo: Uint8Array,
    choice: FaceChoice,
    signal?: AbortSignal,
  ): Promise<Look<ComparedFace> & { subject: string }> {
    const kept = await this.kept(group, imageId);
    return { ...this.compared(await this.embed(photo, choice, signal), kept.embedding), subject: kept.subject };
  }

  /** The nearest subjects of each embedding. @throws RostroError `bad_request` for embeddings that are not this embedder's; those of the search */
  async recognizeEmbeddings(
    embeddings: readonly Float32Array[],
    search: Search,
  ): Promise<readonly (readonly Named[])[]> {
    const { threshold, observer } = this.parts;
    const start = performance.now();
    const found = await this.nearest(embeddings, search);
    const matches = found.map((people, i) => answerOf(people, { embedding: embeddings[i] }, threshold));
    observer.named('recognize', matches, matches, { match: performance.now() - start });
    return found;
  }

  private async nearest(
    embeddings: readonly Float32Array[],
    { group, predictions }: Search,
  ): Promise<readonly (readonly Named[])[]> {
    const { finder, directory, gallery } = this.parts;
    this.checkLength(embeddings);
    const people = Math.min(predictions, gallery.people().length);
    if (people === 0) return embeddings.map(() => []);
    return finder.nearest(embeddings, people, directory.members(group ?? undefined));
  }

  /** @returns distances to the kept example. @throws RostroError `example_not_found`, `bad_request` */
  async distancesToImage(group: Group, imageId: string, embeddings: readonly Float32Array[]): Promise<number[]> {
    const { embedding } = await this.kept(group, imageId);
    return this.distances(embedding, embeddings);
  }

  /** @throws RostroError `bad_request` */
  distances(source: Float32Array, targets: readonly Float32Array[]): number[] {
    this.checkLength([source, ...targets]);
    return targets.map((target) => euclideanDistance(source, target));
  }

  private compared({ faces, ...look }: Look<EmbeddedFace>, source: Float32Array): Look<ComparedFace> {
    const { threshold, observer } = this.parts;
    const compared = faces.map((face) => ({ ...face, distance: euclideanDistance(source, face.embedding) }));
    for (const { distance } of compared) observer.compared(distance <= threshold, distance);
    return { ...look, faces: compared };
  }

  private async kept(group: Group, imageId: string): Promise<{ subject: string; embedding: Float32Array }> {
    const { person, example } = this.parts.collection.image(group, imageId);
    const { examples } = await this.parts.gallery.embeddedPerson(person.name);
    const found = examples.find(({ id }) => id === example);
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

/** What the naming has found already; null where that does not tell: more are wanted, or a face lost its nearest to another. */
function knownFrom(matches: readonly Match[], predictions: number): Named[][] | null {
  if (predictions > PEOPLE_TOLD || matches.some(({ taken }) => taken !== undefined)) return null;
  return matches.map(({ nearest, distance, runnerUp }) => {
    const first = nearest === null || distance === null ? [] : [{ name: nearest, distance }];
    return [...first, ...(runnerUp ? [runnerUp] : [])].slice(0, predictions);
  });
}

/** Which faces of a photo a client of CompreFace wants. */
export interface FaceChoice {
  /** So many, the largest; 0 is all. */
  readonly limit: number;
  /** Those of which the detector is at least so sure, 0..1; null takes all that it finds. */
  readonly minConfidence: number | null;
}

/**
 * The largest first.
 * @param which photo, for the sentence
 * @throws RostroError `no_face` where none is left
 */
export function chosenFaces<T extends Face>(
  faces: readonly T[],
  { limit, minConfidence }: FaceChoice,
  which = 'given',
): T[] {
  const area = ({ box }: Face) => box.width * box.height;
  const chosen = faces
    .filter(({ confidence }) => confidence >= (minConfidence ?? 0))
    .sort((a, b) => area(b) - area(a))
    .slice(0, limit === 0 ? undefined : limit);
  if (chosen.length === 0) throw new RostroError('no_face', `No face is found in the ${which} image`);
  return chosen;
}
