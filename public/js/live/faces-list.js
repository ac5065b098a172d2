import $ from '../../vendor/jquery/jquery.module.min.js';
import { faceDetail, faceName, livenessText } from './face-words.js';
import { shieldIcon } from './shields.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { LiveSession } from './session.js'
 * @import { Track } from './tracks.js'
 * @import { SeenFace } from './types.js'
 * @typedef {{ session: LiveSession, t: Translate, onEnrol: (track: Track) => void, onWrong: (name: string) => void }} FacesListParts
 */

/** The people in the picture as a list, for screen readers, with a button to enrol or to take a wrong name away. */
export class FacesList {
  #list = $('#faces');
  /** @type {Map<number, JQuery>} */
  #items = new Map();

  /** @param {FacesListParts} parts */
  constructor(parts) {
    this.parts = parts;
  }

  /** Items exist as long as their faces, so that a button keeps the focus. */
  show() {
    const { tracks } = this.parts.session;
    for (const [id, item] of this.#items) if (!tracks.find(id)) this.#remove(id, item);
    for (const track of tracks.all) this.#fill(this.#items.get(track.id) ?? this.#add(track), track);
    $('#faces-empty').prop('hidden', tracks.all.length > 0);
  }

  /** @param {Track} track */
  #add({ id }) {
    const { session, onEnrol, onWrong } = this.parts;
    const item = $('<li class="face-item">').append(
      $('<span class="face-swatch" aria-hidden="true">'),
      $('<div class="face-words">').append(
        $('<p class="face-name">'),
        $('<p class="face-liveness">'),
        $('<p class="face-detail">'),
      ),
      $('<button type="button" class="btn btn-sm" data-needs="enrol">').on('click', () => {
        const track = session.tracks.find(id);
        if (track && session.mayEnrol(track.face)) onEnrol(track);
        else if (track?.face.name) onWrong(track.face.name);
      }),
    );
    this.#items.set(id, item);
    this.#list.append(item);
    return item;
  }

  /** @param {JQuery} item @param {Track} track */
  #fill(item, { face }) {
    const { session, t } = this.parts;
    const decision = session.decide(face);
    const { x, y, width, height } = face.box;
    item.attr({
      'data-certainty': decision.certainty,
      'data-box': [x, y, width, height].map((part) => part.toFixed(4)).join(' '),
    });
    setText(item.find('.face-name'), faceName(face, decision, t));
    showLiveness(item.find('.face-liveness'), face.live ?? null, t);
    setText(item.find('.face-detail'), faceDetail(face, decision, t));
    const mayEnrol = session.mayEnrol(face);
    const button = item.find('button').prop('hidden', !mayEnrol && face.name === null);
    setText(button, mayEnrol ? t('faces.enrol') : t('faces.wrong', { name: face.name ?? '' }));
    button.toggleClass('btn-primary', mayEnrol).toggleClass('btn-outline-secondary', !mayEnrol);
  }

  /** @param {number} id @param {JQuery} item */
  #remove(id, item) {
    const focused = item[0].contains(document.activeElement);
    item.remove();
    this.#items.delete(id);
    if (focused) $('#faces-heading').trigger('focus');
  }
}

/** @param {JQuery} element @param {SeenFace['live'] | null} live null where it is not judged @param {Translate} t */
function showLiveness(element, live, t) {
  const text = live ? livenessText(live, t) : '';
  if (element.text() === text) return;
  element.attr('data-verdict', live?.verdict ?? '').empty();
  if (live) element.append(shieldIcon(live.verdict), $('<span>').text(text));
}

/** @param {JQuery} element @param {string} text */
function setText(element, text) {
  if (element.text() !== text) element.text(text);
}
