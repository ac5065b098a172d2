import $ from '../../vendor/jquery/jquery.module.min.js';
import { currentLocale } from '../i18n.js';
import { drawFace } from './frames.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { Picture } from './loop.js'
 * @import { LiveSession } from './session.js'
 * @import { SeenFace } from './types.js'
 * @import { Visit } from './seen-people.js'
 * @typedef {{ item: JQuery, canvas: HTMLCanvasElement, area: number }} Card
 */

const THUMBNAIL_PX = 112;
/** A face larger by this factor replaces the thumbnail. */
const BETTER = 1.3;
const clock = new Intl.DateTimeFormat(currentLocale(), { timeStyle: 'medium' });

/** The people recognised in this session, each with a thumbnail and first and last time. */
export class SeenStrip {
  /** @type {Map<string, Card>} */
  #cards = new Map();

  /** @param {LiveSession} session @param {Translate} t */
  constructor(session, t) {
    this.session = session;
    this.t = t;
  }

  /** @param {Picture} picture the frame of the last response */
  show(picture) {
    const visits = this.session.seen.all;
    const present = this.session.present();
    const names = new Set(visits.map(({ name }) => name));
    const presentNames = new Set(present.map(({ name }) => name));
    for (const [name, { item }] of this.#cards) if (!names.has(name)) this.#remove(name, item);
    for (const visit of visits.reverse()) {
      this.#fill(this.#cards.get(visit.name) ?? this.#add(visit), visit, presentNames.has(visit.name));
    }
    for (const { name, face } of present) this.#portray(name, face, picture);
    $('#seen-empty').prop('hidden', visits.length > 0);
  }

  /** @param {Visit} visit @returns {Card} */
  #add({ name, firstAt }) {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: THUMBNAIL_PX, height: THUMBNAIL_PX });
    const item = $('<li class="seen-person">').append(
      $(canvas).attr('aria-hidden', 'true'),
      $('<div class="seen-words">').append(
        $('<p class="seen-name">').text(name),
        $('<p>').text(this.t('seen.first', { time: clock.format(firstAt) })),
        $('<p class="seen-last">'),
        $('<p class="seen-present">').text(this.t('seen.present')),
      ),
    );
    const card = { item, canvas, area: 0 };
    this.#cards.set(name, card);
    $('#seen').prepend(item);
    return card;
  }

  /** @param {Card} card @param {Visit} visit @param {boolean} present */
  #fill({ item }, { lastAt }, present) {
    const last = item.find('.seen-last');
    const text = this.t('seen.last', { time: clock.format(lastAt) });
    if (last.text() !== text) last.text(text);
    item.find('.seen-present').prop('hidden', !present);
  }

  /** @param {string} name @param {SeenFace} face @param {Picture} picture */
  #portray(name, { box }, picture) {
    const card = this.#cards.get(name);
    const area = box.width * box.height;
    if (!card || area < BETTER * card.area) return;
    card.area = area;
    drawFace(card.canvas, picture, box);
  }

  /** @param {string} name @param {JQuery} item */
  #remove(name, item) {
    item.remove();
    this.#cards.delete(name);
  }
}
