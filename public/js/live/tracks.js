import { contains, overlap } from './boxes.js';

/**
 * @import { RelativeBox, SeenFace } from './types.js'
 * @typedef {{ id: number, box: RelativeBox, face: SeenFace, seenAt: number }} Track
 *   `box` is where the face is drawn; it moves smoothly to `face.box` of the last response
 */

/** Boxes that overlap less belong to two faces. Source: SORT (Bewley et al. 2016), sort.py, iou_threshold. */
const MIN_OVERLAP = 0.3;
/** Time constant: a box covers 63 % of the way to its face in this time, 95 % in three times as long. */
const GLIDE_MS = 80;
/** A face not detected for longer has left; detectors miss single frames. */
const GRACE_MS = 300;
/** Tracks are dropped without a response for this long and for three times the usual interval. */
const STALE_MS = 2000;
const STALE_INTERVALS = 3;

/** Tracks faces from response to response. Times are milliseconds of one clock. */
export class Tracks {
  /** @type {Track[]} */
  #tracks = [];
  #nextId = 1;
  #answeredAt = 0;
  #intervalMs = 0;

  /** Everyone in the picture, longest there first. @returns {readonly Track[]} */
  get all() {
    return this.#tracks;
  }

  /** @param {number} id */
  find(id) {
    return this.#tracks.find((track) => track.id === id);
  }

  /** The smallest face at a point, in shares of the picture. @param {number} x @param {number} y */
  at(x, y) {
    const area = (/** @type {Track} */ { box }) => box.width * box.height;
    return this.#tracks.filter(({ box }) => contains(box, x, y)).sort((a, b) => area(a) - area(b))[0];
  }

  /**
   * Takes a response: a face continues the server's track, else the track that it overlaps most, else begins one.
   * @param {readonly SeenFace[]} faces @param {number} now
   */
  update(faces, now) {
    this.#intervalMs = this.#answeredAt > 0 ? now - this.#answeredAt : 0;
    this.#answeredAt = now;
    const unmatched = new Set(faces);
    for (const { track, face } of matchesOf(this.#tracks, faces)) {
      track.face = face;
      track.seenAt = now;
      unmatched.delete(face);
    }
    this.#tracks = this.#tracks.filter(({ seenAt }) => now - seenAt <= GRACE_MS);
    for (const face of unmatched) this.#tracks.push({ id: this.#nextId++, box: { ...face.box }, face, seenAt: now });
  }

  /**
   * Moves the boxes. @param {number} elapsedMs since the last call; Infinity puts each box where its face was seen
   */
  glide(elapsedMs) {
    const part = 1 - Math.exp(-elapsedMs / GLIDE_MS);
    for (const { box, face } of this.#tracks) {
      box.x += part * (face.box.x - box.x);
      box.y += part * (face.box.y - box.y);
      box.width += part * (face.box.width - box.width);
      box.height += part * (face.box.height - box.height);
    }
  }

  /** Drops all tracks when responses stop. @param {number} now @returns {boolean} whether tracks were dropped */
  expire(now) {
    const timeoutMs = Math.max(STALE_MS, STALE_INTERVALS * this.#intervalMs);
    if (this.#tracks.length === 0 || now - this.#answeredAt <= timeoutMs) return false;
    this.#tracks = [];
    return true;
  }

  clear() {
    this.#tracks = [];
    this.#answeredAt = 0;
  }
}

/** Pairs tracks and faces by certainty, highest first; each track and each face at most once. @param {readonly Track[]} tracks @param {readonly SeenFace[]} faces */
function matchesOf(tracks, faces) {
  const pairs = tracks
    .flatMap((track) => faces.map((face) => ({ track, face, sameness: sameness(track.face, face) })))
    .filter((pair) => pair.sameness >= MIN_OVERLAP)
    .sort((a, b) => b.sameness - a.sameness);
  const taken = new Set();
  return pairs.filter(({ track, face }) => {
    if (taken.has(track) || taken.has(face)) return false;
    taken.add(track).add(face);
    return true;
  });
}

/** 1 for the server's track, else the overlap of the boxes. @param {SeenFace} before @param {SeenFace} now 0..1 */
function sameness(before, now) {
  const [a, b] = [before.serverTrack, now.serverTrack];
  if (a === null || b === null || a.session !== b.session) return overlap(before.box, now.box);
  return a.number === b.number ? 1 : 0;
}
