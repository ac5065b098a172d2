import { relativeBox } from './boxes.js';
import { decide, nameWithin } from './decision.js';
import { Meter } from './meter.js';
import { Ring } from './ring.js';
import { SeenPeople } from './seen-people.js';
import { Tracks } from './tracks.js';

/**
 * @import { Decision, LiveAnswer, SeenFace, Sighting } from './types.js'
 */

const SIGHTINGS = 500;

/** The state of this page since it was opened, of limited size. */
export class LiveSession {
  tracks = new Tracks();
  meter = new Meter();
  seen = new SeenPeople();
  /** @type {Ring<Sighting>} */
  sightings = new Ring(SIGHTINGS);
  /** The server's threshold, null until it is known. @type {number | null} */
  serverThreshold = null;
  /** The viewer's threshold, null until they move the slider. @type {number | null} */
  chosenThreshold = null;

  /** The threshold of this view. */
  get threshold() {
    return this.chosenThreshold ?? this.serverThreshold ?? 0;
  }

  /** @param {Sighting} sighting @returns {Decision} */
  decide(sighting) {
    const { chosenThreshold, threshold } = this;
    const name = chosenThreshold === null ? sighting.name : nameWithin(sighting, chosenThreshold);
    return decide(name, sighting, threshold);
  }

  /** Whether the page offers to enrol this face. Of a face whose name is withheld the next frames would not be recognised. @param {Sighting} sighting */
  mayEnrol(sighting) {
    return !sighting.withheld && this.decide(sighting).certainty !== 'known';
  }

  /** Takes the faces of a response. @param {LiveAnswer} answer @param {number} now of `performance.now()` */
  take({ faces, image, session }, now) {
    if (faces.length > 0) this.serverThreshold = faces[0].threshold;
    const seenFaces = faces.map(({ box, probability, track, cutOff = false, ...face }) => ({
      box: relativeBox(box, image),
      serverTrack: session === undefined || track === undefined ? null : { session, number: track },
      ...sightingOf(face),
      trained: probability !== undefined,
      cutOff,
    }));
    this.tracks.update(seenFaces, now);
    for (const face of seenFaces) this.sightings.push(face);
    for (const { name } of this.#known(seenFaces)) this.seen.note(name, Date.now());
  }

  /** The people recognized without doubt, with their faces. @returns {{ name: string, face: SeenFace }[]} */
  present() {
    return this.#known(this.tracks.all.map(({ face }) => face));
  }

  /** @param {readonly SeenFace[]} faces */
  #known(faces) {
    return faces.flatMap((face) => {
      const { certainty, name } = this.decide(face);
      return certainty === 'known' && name !== null ? [{ name, face }] : [];
    });
  }
}

/** @param {Omit<Sighting, 'trained' | 'cutOff'>} face */
function sightingOf({ name, distance, falseMatchRate, nearest, runnerUp, live, withheld }) {
  return { name, distance, falseMatchRate, nearest, runnerUp, live, withheld };
}
