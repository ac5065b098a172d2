import { announce } from '../announce.js';
import { currentLanguage } from '../i18n.js';
import { Arrivals } from './arrivals.js';
import { faceLabel } from './face-words.js';
import { FacesList } from './faces-list.js';
import { MeterPanel } from './meter-panel.js';
import { SeenStrip } from './seen-strip.js';
import { ThresholdPanel } from './threshold-panel.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { Picture } from './loop.js'
 * @import { Look } from './overlay.js'
 * @import { LiveSession } from './session.js'
 * @import { Track } from './tracks.js'
 * @import { SeenFace } from './types.js'
 * @typedef {{ session: LiveSession, video: HTMLVideoElement, t: Translate, onEnrol: (track: Track) => void,
 *   onWrong: (name: string) => void }} ViewsParts
 */

const names = new Intl.ListFormat(currentLanguage());

/** The panels change at most this often: nobody reads faster, and a response comes every 16 ms. */
const PANELS_EVERY_MS = 100;

/** The views around the picture that show the recognized people. */
export class LiveViews {
  #arrivals = new Arrivals();
  /** Labels are computed once per response, not once per drawn frame. @type {WeakMap<SeenFace, Look>} */
  #looks = new WeakMap();
  #shownAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #waiting;

  /** @param {ViewsParts} parts */
  constructor({ session, video, t, onEnrol, onWrong }) {
    this.session = session;
    this.t = t;
    this.faces = new FacesList({ session, t, onEnrol, onWrong });
    this.threshold = new ThresholdPanel(session, t, () => this.#judgeAgain());
    this.meter = new MeterPanel(session.meter, video, t);
    this.seen = new SeenStrip(session, t);
    this.threshold.show();
  }

  /** Handles a response. @param {Picture} picture the frame of the response @param {number} now */
  answered(picture, now) {
    clearTimeout(this.#waiting);
    const elapsedMs = now - this.#shownAt;
    if (elapsedMs >= PANELS_EVERY_MS) this.#show(picture, now);
    else this.#waiting = setTimeout(() => this.#show(picture, performance.now()), PANELS_EVERY_MS - elapsedMs);
  }

  /** @param {Picture} picture @param {number} now */
  #show(picture, now) {
    this.#shownAt = now;
    this.faces.show();
    this.threshold.show();
    this.meter.show(now);
    this.seen.show(picture);
    this.#announce(now);
  }

  /** Removes all faces when there is no picture or no response. @param {Picture} picture */
  cleared(picture) {
    clearTimeout(this.#waiting);
    this.#shownAt = -Infinity;
    this.faces.show();
    this.seen.show(picture);
    this.#arrivals.clear();
  }

  /** @param {Track} track @returns {Look} */
  lookOf({ face }) {
    const known = this.#looks.get(face);
    if (known) return known;
    const decision = this.session.decide(face);
    const look = {
      certainty: decision.certainty,
      label: faceLabel(face, decision, this.t),
      verdict: face.live?.verdict ?? null,
    };
    this.#looks.set(face, look);
    return look;
  }

  #judgeAgain() {
    this.#looks = new WeakMap();
    this.faces.show();
  }

  /** @param {number} now */
  #announce(now) {
    const { session, t } = this;
    const unknown = t('announce.unknown');
    const present = session.tracks.all.map(({ face }) => session.decide(face).name ?? unknown);
    const arrived = this.#arrivals.update(present, now);
    if (arrived.length > 0) announce(t('announce.arrived', { names: names.format(arrived) }));
  }
}
