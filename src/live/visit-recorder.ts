import { encodeJpeg } from '../faces/image/decode.js';
import type { FaceMaker, SightingRecorder } from '../history/history.js';
import { newSightingId, type SightingChange, type SightingSource } from '../history/sighting.js';
import type { Change, CropImage, Visit } from './visits.js';

/** Side of the crops that the history keeps, at most: large enough to recognize a face by eye. */
const CROP_PX = 240;

export interface VisitRecorderParts {
  readonly history: SightingRecorder;
  readonly source: SightingSource;
  /** Null for a live session. */
  readonly camera: string | null;
  /** Id of the embedder's contract. */
  readonly contract: string;
  /** Milliseconds of the clock of the visits. */
  readonly now: () => number;
}

/** Writes the visits in front of one camera into the history. */
export class VisitRecorder {
  private readonly ids = new WeakMap<Readonly<Visit>, { readonly id: string; readonly crop: CropImage | null }>();

  constructor(private readonly parts: VisitRecorderParts) {}

  /** @param changes of one frame. A sighting that is part of another one goes after that one is recorded, so that it is never lost. */
  note(changes: readonly Change[]): void {
    const isPart = ({ reason }: Change) => reason === 'named';
    for (const change of changes) if (!isPart(change)) this.noteOne(change);
    for (const { visit } of changes.filter(isPart)) {
      const begun = this.ids.get(visit);
      if (begun !== undefined) this.parts.history.discard(begun.id);
    }
  }

  private noteOne({ type, visit, reason }: Change): void {
    const { history } = this.parts;
    const begun = this.ids.get(visit);
    if (begun === undefined) {
      if (type !== 'left') this.begin(visit);
    } else if (reason === 'forgotten') history.change(begun.id, this.changeOf(visit), null);
    else {
      const isBetter = (visit.best?.image ?? null) !== begun.crop;
      history.change(begun.id, this.changeOf(visit), isBetter ? this.faceOf(visit) : null);
    }
  }

  private begin(visit: Readonly<Visit>): void {
    const { history, source, camera } = this.parts;
    if (!history.isOn) return;
    const id = newSightingId(this.dateOf(visit.since));
    this.ids.set(visit, { id, crop: visit.best?.image ?? null });
    history.begin({ id, source, camera, person: visit.name, ...this.changeOf(visit) }, this.faceOf(visit));
  }

  private changeOf({ looks, best, nearest, face, live, seenAt }: Readonly<Visit>): SightingChange {
    return {
      looks: [...looks.values()].reduce((sum, one) => sum + one, 0),
      quality: best?.quality ?? face.quality,
      ...nearest,
      threshold: face.threshold,
      live,
      last: this.dateOf(seenAt),
    };
  }

  /** Of this moment: the visit changes. */
  private faceOf({ embedding, best }: Readonly<Visit>): FaceMaker {
    const { contract } = this.parts;
    const image = best?.image ?? null;
    return async () => ({
      embedding: embedding && { contract, vector: embedding },
      crop: image && (await jpegOf(image, CROP_PX)),
    });
  }

  private dateOf(time: number): Date {
    return new Date(Date.now() - (this.parts.now() - time));
  }
}

/** @param maxSidePx of a JPEG that is made from pixels */
export async function jpegOf(image: CropImage, maxSidePx?: number): Promise<Uint8Array> {
  return image instanceof Uint8Array ? image : encodeJpeg(image, maxSidePx);
}
