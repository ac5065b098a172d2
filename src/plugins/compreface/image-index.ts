import { createHash } from 'node:crypto';
import type { Gallery, Person } from '../../gallery/gallery.js';
import { RostroError } from '../../shared/errors.js';

/** An example under CompreFace's name for it. */
export interface Image {
  readonly imageId: string;
  readonly person: Person;
  /** The example's id within the person. */
  readonly example: string;
}

/** Which example an `image_id` means. Follows the gallery: only people who have changed since are looked at. */
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
    const images = person.examples.map(({ id: example }): Image => {
      const image = { imageId: this.freeId(example), person, example };
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
 * CompreFace's `image_id` of an example: a UUID (RFC 9562, version 8) made of the example's own id, which is random and
 * stays the same when its person is renamed, merged, backed up or restored.
 * @param copy which of several examples with this id it is, from 1: rows of the original system that are the same have it, too
 */
export function imageIdOf(exampleId: string, copy = 1): string {
  const bytes = createHash('sha256').update(`image ${exampleId} ${copy}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** @returns in lower case; null for a text that is no UUID */
export function parseImageId(text: string): string | null {
  const id = text.toLowerCase();
  return UUID.test(id) ? id : null;
}
