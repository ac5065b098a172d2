import { contains, overlap } from './boxes.js';

/**
 * @import { RelativeBox, SeenFace } from './types.js'
 * @typedef {{ id: number, box: RelativeBox, face: SeenFace, seenAt: number }} Track
 *   `box` is where the face is drawn; it glides to `face.box`, where the last answer saw it
 */

/** Boxes that overlap less are of two faces. Source: SORT (Bewley et al. 2016), sort.py, iou_threshold. */
const MIN_OVERLAP = 0.3;
/** After this time a box has gone 63 % of the way to where its face was seen, after three times as long 95 %. */
const GLIDE_MS = 80;
/** A detector misses a face now and then; a face unseen for longer has left. */
const GRACE_MS = 300;
/** Without any answer for this long, or for three times what answers take, nobody knows where the faces are. */
const STALE_MS = 2000;
const STALE_INTERVALS = 3;

/** Follows faces from answer to answer. Times are milliseconds of one clock. */
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

  /** The smallest face at a point of the picture, in parts of it. @param {number} x @param {number} y */
  at(x, y) {
    const area = (/** @type {Track} */ { box }) => box.width * box.height;
    return this.#tracks.filter(({ box }) => contains(box, x, y)).sort((a, b) => area(a) - area(b))[0];
  }

  /**
   * Takes an answer: faces continue the track that the server follows them in, else the one that they overlap most, or
   * begin one.
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
   * Moves the boxes on. @param {number} elapsedMs since the last call; Infinity puts each box where its face was seen
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

  /** Forgets everyone when answers have stopped coming. @param {number} now @returns {boolean} whether somebody was forgotten */
  expire(now) {
    const patienceMs = Math.max(STALE_MS, STALE_INTERVALS * this.#intervalMs);
    if (this.#tracks.length === 0 || now - this.#answeredAt <= patienceMs) return false;
    this.#tracks = [];
    return true;
  }

  clear() {
    this.#tracks = [];
    this.#answeredAt = 0;
  }
}

/** Pairs by how sure it is that they are one face, the surest first; each track and each face once. @param {readonly Track[]} tracks @param {readonly SeenFace[]} faces */
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

/** The server's word where it has one, else how much the boxes overlap. @param {SeenFace} before @param {SeenFace} now 0..1 */
function sameness(before, now) {
  const [a, b] = [before.serverTrack, now.serverTrack];
  if (a === null || b === null || a.session !== b.session) return overlap(before.box, now.box);
  return a.number === b.number ? 1 : 0;
}
