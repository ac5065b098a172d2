import { RostroError, type ErrorCode } from '../../shared/errors.js';
import type { Gallery, Person } from '../../gallery/gallery.js';
import type { EmptySubject, EmptySubjects } from './empty-subjects.js';
import type { Image, ImageIndex } from './image-index.js';

/** The group that a key belongs to, and what stands for an application of CompreFace; null is everybody. */
export type Group = string | null;

/** A subject: somebody who is enrolled, or only a name (several where the groups differ). */
export type Subject = { readonly person: Person } | { readonly empty: readonly EmptySubject[] };

export interface ImagePage {
  readonly images: readonly Image[];
  /** From 0. */
  readonly page: number;
  readonly size: number;
  readonly total: number;
}

export interface PageQuery {
  readonly page: number;
  readonly size: number;
  /** Only of this one. */
  readonly subject?: string | undefined;
}

interface Members {
  readonly people: readonly Person[];
  readonly byName: ReadonlyMap<string, Person>;
  /** By the name in lower case; of several the first. */
  readonly byFolded: ReadonlyMap<string, Person>;
  readonly images: readonly Image[];
}

export interface FaceCollectionParts {
  readonly gallery: Pick<Gallery, 'version' | 'people' | 'crop'>;
  readonly empty: EmptySubjects;
  readonly images: ImageIndex;
}

const GONE: ReadonlySet<ErrorCode> = new Set(['example_not_found', 'person_not_found']);

/** CompreFace's "face collection" of each group: whom its key hears of, and nobody else. */
export class FaceCollection {
  private version: number | null = null;
  private readonly members = new Map<Group, Members>();

  constructor(private readonly parts: FaceCollectionParts) {}

  /** Names, sorted, of those without examples too. */
  async subjects(group: Group): Promise<string[]> {
    const { byName } = this.membersOf(group);
    const empty = (await this.emptyOf(group)).map(({ name }) => name);
    return [...new Set([...byName.keys(), ...empty])].sort();
  }

  /** Whoever bears the name, however it was typed; as CompreFace finds them, in capitals or not. */
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

  /** Who bears exactly this name now; null where the group does not have them. */
  member(group: Group, name: string): Person | null {
    return this.parts.gallery.people().find((person) => person.name === name && has(group, person)) ?? null;
  }

  /** @throws RostroError `example_not_found` for one of another group, too */
  image(group: Group, imageId: string): Image {
    const image = this.parts.images.get(imageId);
    if (has(group, image.person)) return image;
    throw new RostroError('example_not_found', `There is no image ${imageId}.`);
  }

  /** @returns JPEG bytes; null where there is no such image, or no crop was kept */
  async crop(group: Group, imageId: string): Promise<Uint8Array | null> {
    try {
      const { person, example } = this.image(group, imageId);
      return await this.parts.gallery.crop(person.name, example);
    } catch (error) {
      if (error instanceof RostroError && GONE.has(error.code)) return null;
      throw error;
    }
  }

  /** A page beyond the last one is empty. */
  async page(group: Group, { page, size, subject }: PageQuery): Promise<ImagePage> {
    const all = subject === undefined ? this.membersOf(group).images : await this.imagesOf(group, subject);
    return { images: all.slice(page * size, (page + 1) * size), page, size, total: all.length };
  }

  /** @throws RostroError `person_exists` where a name is that of a subject whom the group does not have */
  async refuseForeign(group: Group, name: string): Promise<void> {
    if (group === null || this.membersOf(group).byName.has(name)) return;
    if (this.membersOf(null).byName.has(name)) throw nameTaken();
    const empty = (await this.parts.empty.all()).filter((subject) => subject.name === name);
    if (empty.length > 0 && empty.every((subject) => subject.group !== group)) throw nameTaken();
  }

  private async imagesOf(group: Group, name: string): Promise<readonly Image[]> {
    const subject = await this.find(group, name);
    return subject && 'person' in subject ? this.parts.images.of(subject.person) : [];
  }

  private async emptyOf(group: Group): Promise<EmptySubject[]> {
    const { byName } = this.membersOf(group);
    const all = await this.parts.empty.all();
    return all.filter((subject) => (group === null || subject.group === group) && !byName.has(subject.name));
  }

  private membersOf(group: Group): Members {
    const { gallery, images } = this.parts;
    if (this.version !== gallery.version) this.members.clear();
    this.version = gallery.version;
    const known = this.members.get(group);
    if (known) return known;
    const people = gallery.people().filter((person) => has(group, person));
    const members = {
      people,
      byName: new Map(people.map((person) => [person.name, person])),
      byFolded: new Map(people.toReversed().map((person) => [fold(person.name), person])),
      images: people.flatMap((person) => images.of(person)),
    };
    this.members.set(group, members);
    return members;
  }
}

/** It does not say whose the name is. */
export function nameTaken(): RostroError {
  return new RostroError('person_exists', 'Subject already exists');
}

function has(group: Group, { groups }: Person): boolean {
  return group === null || groups.includes(group);
}

function fold(name: string): string {
  return name.toLowerCase();
}
