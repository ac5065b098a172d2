import { createHash } from 'node:crypto';
import { type Example, type Gallery, isUsedBy, type Person } from '../../gallery/gallery.js';
import { type ErrorCode, RostroError } from '../../shared/errors.js';
import type { EmptySubject, EmptySubjects } from './empty-subjects.js';

/** The group of a key, which takes the place of CompreFace's application; null for everybody. */
export type Group = string | null;

/** A subject: an enrolled person, or entries without examples, one for each group. */
export type Subject = { readonly person: Person } | { readonly empty: readonly EmptySubject[] };

export interface ImagePage {
  readonly images: readonly Image[];
  /** Starts at 0. */
  readonly page: number;
  readonly size: number;
  readonly total: number;
}

export interface PageQuery {
  readonly page: number;
  readonly size: number;
  /** Only images of this subject. */
  readonly subject?: string | undefined;
}

interface Members {
  readonly people: readonly Person[];
  readonly byName: ReadonlyMap<string, Person>;
  /** By the name in lower case; the first of several. */
  readonly byFolded: ReadonlyMap<string, Person>;
  readonly images: readonly Image[];
}

export interface FaceCollectionParts {
  readonly gallery: Pick<Gallery, 'version' | 'people' | 'crop'>;
  readonly empty: EmptySubjects;
  readonly images: ImageIndex;
}

const GONE: ReadonlySet<ErrorCode> = new Set(['example_not_found', 'person_not_found']);

/** CompreFace's "face collection" of each group: the subjects that its keys can see. */
export class FaceCollection {
  private version: number | null = null;
  private readonly members = new Map<Group, Members>();

  constructor(private readonly parts: FaceCollectionParts) {}

  /** Sorted names, including subjects without examples. */
  async subjects(group: Group): Promise<string[]> {
    const { byName } = this.membersOf(group);
    const empty = (await this.emptyOf(group)).map(({ name }) => name);
    return [...new Set([...byName.keys(), ...empty])].sort();
  }

  /** By name; upper and lower case are equal, as in CompreFace. */
  async find(group: Group, text: string): Promise<Subject | null> {
    const name = text.trim().normalize('NFC');
    const { byName, byFolded } = this.membersOf(group);
    const empty = await this.emptyOf(group);
    const exact = empty.filter((subject) => subject.name === name);
    const folded = empty.filter((subject) => fold(subject.name) === fold(name));
    const person = byName.get(name) ?? (exact.length === 0 ? byFolded.get(fold(name)) : undefined);
    if (person) return { person };
    const found = exact.length > 0 ? exact : folded.filter((subject) => subject.name === folded[0].name);
    return found.length > 0 ? { empty: found } : null;
  }

  /** @throws RostroError `person_not_found` */
  async get(group: Group, name: string): Promise<Subject> {
    const subject = await this.find(group, name);
    if (subject) return subject;
    throw new RostroError('person_not_found', `There is no subject "${name}".`);
  }

  people(group: Group): readonly Person[] {
    return this.membersOf(group).people;
  }

  /** The person with exactly this name; null if the group does not have it. */
  member(group: Group, name: string): Person | null {
    return this.parts.gallery.people().find((person) => person.name === name && has(group, person)) ?? null;
  }

  /** @throws RostroError `example_not_found`, also for an image of another group */
  image(group: Group, imageId: string): Image {
    const image = this.parts.images.get(imageId);
    if (has(group, image.person) && isUsedBy(group, image.example)) return image;
    throw new RostroError('example_not_found', `There is no image ${imageId}.`);
  }

  /** @returns JPEG bytes; null if there is no such image, or no crop was kept */
  async crop(group: Group, imageId: string): Promise<Uint8Array | null> {
    try {
      const { person, example } = this.image(group, imageId);
      return await this.parts.gallery.crop(person.name, example.id);
    } catch (error) {
      if (error instanceof RostroError && GONE.has(error.code)) return null;
      throw error;
    }
  }

  /** Pages after the last one are empty. */
  async page(group: Group, { page, size, subject }: PageQuery): Promise<ImagePage> {
    const all = subject === undefined ? this.membersOf(group).images : await this.imagesOf(group, subject);
    return { images: all.slice(page * size, (page + 1) * size), page, size, total: all.length };
  }

  /** @throws RostroError `person_exists` if a subject outside the group has the name */
  async refuseOtherGroup(group: Group, name: string): Promise<void> {
    if (group === null || this.membersOf(group).byName.has(name)) return;
    if (this.membersOf(null).byName.has(name)) throw nameTaken();
    const empty = (await this.parts.empty.all()).filter((subject) => subject.name === name);
    if (empty.length > 0 && empty.every((subject) => subject.group !== group)) throw nameTaken();
  }

  private async imagesOf(group: Group, name: string): Promise<readonly Image[]> {
    const subject = await this.find(group, name);
    return subject && 'person' in subject ? this.imagesFor(group, subject.person) : [];
  }

  private imagesFor(group: Group, person: Person): readonly Image[] {
    return this.parts.images.of(person).filter(({ example }) => isUsedBy(group, example));
  }

  private async emptyOf(group: Group): Promise<EmptySubject[]> {
    const { byName } = this.membersOf(group);
    const all = await this.parts.empty.all();
    return all.filter((subject) => (group === null || subject.group === group) && !byName.has(subject.name));
  }

  private membersOf(group: Group): Members {
    const { gallery } = this.parts;
    if (this.version !== gallery.version) this.members.clear();
    this.version = gallery.version;
    const known = this.members.get(group);
    if (known) return known;
    const people = gallery.people().filter((person) => has(group, person));
    const members = {
      people,
      byName: new Map(people.map((person) => [person.name, person])),
      byFolded: new Map(people.toReversed().map((person) => [fold(person.name), person])),
      images: people.flatMap((person) => this.imagesFor(group, person)),
    };
    this.members.set(group, members);
    return members;
  }
}

/** The message does not contain the group of the subject. */
export function nameTaken(): RostroError {
  return new RostroError('person_exists', 'Subject already exists');
}

function has(group: Group, { groups }: Person): boolean {
  return group === null || groups.includes(group);
}

function fold(name: string): string {
  return name.toLowerCase();
}

/** An example with its id in CompreFace's API. */
export interface Image {
  readonly imageId: string;
  readonly person: Person;
  readonly example: Example;
}

/** Finds examples by `image_id`. Updates itself when the gallery changes; only changed people are read. */
export class ImageIndex {
  private version: number | null = null;
  private readonly ofPerson = new Map<Person, readonly Image[]>();
  private readonly byId = new Map<string, Image>();

  constructor(private readonly gallery: Pick<Gallery, 'version' | 'people'>) {}

  /** In the order of their examples. */
  of(person: Person): readonly Image[] {
    this.follow();
    return this.ofPerson.get(person) ?? [];
  }

  /** @throws RostroError `example_not_found` */
  get(imageId: string): Image {
    this.follow();
    const image = this.byId.get(imageId);
    if (!image) throw new RostroError('example_not_found', `There is no image ${imageId}.`);
    return image;
  }

  private follow(): void {
    const { version } = this.gallery;
    if (this.version === version) return;
    this.version = version;
    const now = this.gallery.people();
    const stays = new Set(now);
    for (const [person, images] of this.ofPerson) {
      if (stays.has(person)) continue;
      this.ofPerson.delete(person);
      for (const { imageId } of images) this.byId.delete(imageId);
    }
    for (const person of now) if (!this.ofPerson.has(person)) this.add(person);
  }

  private add(person: Person): void {
    const images = person.examples.map((example): Image => {
      const image = { imageId: this.freeId(example.id), person, example };
      this.byId.set(image.imageId, image);
      return image;
    });
    this.ofPerson.set(person, images);
  }

  private freeId(example: string): string {
    for (let copy = 1; ; copy++) {
      const imageId = imageIdOf(example, copy);
      if (!this.byId.has(imageId)) return imageId;
    }
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * CompreFace's `image_id` of an example: a UUID (RFC 9562, version 8) computed from the id of the example, which is random and
 * does not change when its person is renamed, merged, backed up or restored.
 * @param copy number of the example among those with the same id, from 1: equal rows of the original system have equal ids
 */
export function imageIdOf(exampleId: string, copy = 1): string {
  const bytes = createHash('sha256').update(`image ${exampleId} ${copy}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** @returns the id in lower case; null if the text is not a UUID */
export function parseImageId(text: string): string | null {
  const id = text.toLowerCase();
  return UUID.test(id) ? id : null;
}
