import { z } from 'zod';
import type { Box } from '../faces/image/box.js';
import type { Gallery, PersonDetails } from '../gallery/gallery.js';
import type { Correction } from '../people/correction.js';
import type { Enrolment } from '../people/enrolment.js';
import { parsePersonName } from '../people/person-name.js';
import { RostroError } from '../shared/errors.js';
import { sightingNotFound, type SightingStore } from './sighting-store.js';
import type { Sighting } from './sighting.js';
import type { Strangers } from './strangers.js';

export interface SightingCorrectionParts {
  readonly store: SightingStore;
  readonly strangers: Pick<Strangers, 'place' | 'sightingsOf'>;
  readonly gallery: Pick<Gallery, 'people'>;
  readonly enrolment: Pick<Enrolment, 'enrol'>;
  readonly correction: Pick<Correction, 'addPhoto'>;
  readonly eraseExample: (name: string, id: string) => Promise<unknown>;
}

/** Crops of a stranger that become examples, the best: `bench/strangers.ts` measures how many are enough. */
const MAX_EXAMPLES = 5;
/** Crops that are tried for them. */
const MAX_TRIED = 8;
const UNUSABLE: ReadonlySet<string> = new Set(['no_face', 'face_too_small']);

export interface NamedStranger {
  readonly name: string;
  /** Number of sightings that have the name now. */
  readonly named: number;
  /** Number of them whose crop was enrolled. */
  readonly enrolled: number;
}

/** What the error `several_faces` tells. */
const severalFaces = z.object({
  image: z.object({ width: z.number(), height: z.number() }),
  faces: z.array(z.object({ box: z.custom<Box>() })),
});

export interface CorrectionOptions {
  /** Of the person. */
  readonly details?: Partial<PersonDetails>;
  readonly signal?: AbortSignal;
}

/** Users say who a sighting shows, and the gallery learns it. */
export class SightingCorrection {
  constructor(private readonly parts: SightingCorrectionParts) {}

  /**
   * Enrols the crop as the named person, makes it a negative of the person that the sighting had until now (or erases it,
   * where it is an example of that person), and changes the sighting. Without a crop only the sighting changes.
   * @param person null: a stranger
   * @throws RostroError `sighting_not_found`, `bad_name`; those of the enrolment and of a negative, such as `no_face` and
   *   `too_many_negatives`: the sighting is as before then
   */
  async correct(id: string, person: string | null, { details, signal }: CorrectionOptions = {}): Promise<Sighting> {
    const { store, gallery, enrolment, eraseExample } = this.parts;
    const name = person === null ? null : parsePersonName(person);
    const sighting = await store.get(id);
    if (sighting === null) throw sightingNotFound();
    if (sighting.person === name) return sighting;
    const bytes = (await store.face(id))?.crop ?? null;
    const before = sighting.person;
    if (bytes !== null && name !== null) {
      await ofCentralFace((face) => enrolment.enrol({ bytes, fileName: undefined, name, details, face, signal }));
    }
    const wrong = bytes !== null && before !== null ? await this.addNegative(before, bytes, signal) : null;
    const isEnrolled = () => gallery.people().some((one) => one.name === name);
    const found = (await store.assign(id, name, isEnrolled)) ? await store.get(id) : null;
    if (found === null) throw sightingNotFound();
    // Afterwards, because the sightings of a person go with their last example.
    if (wrong !== null) await eraseExample(before!, wrong);
    if (name === null) await this.parts.strangers.place(id);
    return found;
  }

  /**
   * Gives all sightings of a stranger to a person, and enrols the best crops.
   * @throws RostroError `stranger_not_found`, `bad_name`; those of the enrolment where no crop can be enrolled: the stranger
   *   is as before then
   */
  async nameStranger(id: string, person: string, options: CorrectionOptions = {}): Promise<NamedStranger> {
    const { store, strangers, gallery } = this.parts;
    const name = parsePersonName(person);
    const sightings = await strangers.sightingsOf(id);
    const withCrop = sightings.filter(({ hasCrop }) => hasCrop).slice(0, MAX_TRIED);
    const named = new Set<string>();
    const refused: RostroError[] = [];
    for (const one of withCrop) {
      if (named.size === MAX_EXAMPLES) break;
      try {
        await this.correct(one.id, name, options);
        named.add(one.id);
      } catch (error) {
        if (!(error instanceof RostroError && UNUSABLE.has(error.code))) throw error;
        refused.push(error);
      }
    }
    if (named.size === 0 && refused.length > 0) throw refused[0];
    const enrolled = named.size;
    const isEnrolled = () => gallery.people().some((one) => one.name === name);
    for (const one of sightings) {
      if (!named.has(one.id) && (await store.assign(one.id, name, isEnrolled))) named.add(one.id);
    }
    return { name, named: named.size, enrolled };
  }

  /** @returns the id of the example that shows the same photo, if there is one: then no negative is added */
  private async addNegative(name: string, bytes: Uint8Array, signal?: AbortSignal): Promise<string | null> {
    try {
      await ofCentralFace((face) => this.parts.correction.addPhoto(name, bytes, { face, signal }));
      return null;
    } catch (error) {
      const own = error instanceof RostroError ? error.details?.example : undefined;
      if (typeof own === 'string') return own;
      throw error;
    }
  }
}

/** The face that a crop was made of lies in its middle. @param use throws `several_faces` where the face is not given */
async function ofCentralFace<T>(use: (face?: number) => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (!(error instanceof RostroError && error.code === 'several_faces')) throw error;
    const { image, faces } = severalFaces.parse(error.details);
    const distances = faces.map(({ box }) =>
      Math.hypot(box.x + box.width / 2 - image.width / 2, box.y + box.height / 2 - image.height / 2),
    );
    return use(distances.indexOf(Math.min(...distances)));
  }
}
