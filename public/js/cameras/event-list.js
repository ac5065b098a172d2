import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { describeError } from '../describe-error.js';
import { currentLocale } from '../i18n.js';
import { icon } from '../icons.js';

/**
 * @import { CameraEvent } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/** Maximum number of events shown. */
const MAX_SHOWN = 50;
/** @type {Record<CameraEvent['type'], 'person' | 'alert' | 'leave'>} */
const ICONS = { appeared: 'person', unknown: 'alert', left: 'leave' };
const clock = new Intl.DateTimeFormat(currentLocale(), { timeStyle: 'medium' });
const SECOND = { style: 'unit', unit: 'second', unitDisplay: 'long', maximumFractionDigits: 0 };

/** The events of the cameras, newest first. */
export class EventList {
  /** @param {(camera: string) => string} nameOf a camera @param {Translate} t */
  constructor(nameOf, t) {
    this.nameOf = nameOf;
    this.t = t;
  }

  async listen() {
    $('#events-section').prop('hidden', false);
    const state = $('#events-state');
    const events = rostro.events({
      replay: MAX_SHOWN,
      onState: (now) => state.text(now === 'open' ? '' : this.t('events.lost')),
    });
    try {
      for await (const event of events) this.#show(event);
    } catch (error) {
      state.text(describeError(error, this.t));
    }
  }

  /** @param {CameraEvent} event */
  #show(event) {
    $('#events-empty').prop('hidden', true);
    const { type, at, camera } = event;
    $('#events').prepend(
      $('<li>')
        .attr('data-type', type)
        .append(
          icon(ICONS[type]),
          $('<div>').append(
            $('<p class="event-words">').text(this.#words(event)),
            $('<p class="hint">').text(`${clock.format(new Date(at))} · ${this.nameOf(camera)}`),
          ),
        ),
    );
    $('#events').children().slice(MAX_SHOWN).remove();
  }

  /** @param {CameraEvent} event */
  #words({ type, person, seconds }) {
    if (type === 'unknown') return this.t('events.unknown');
    const name = person ?? this.t('events.somebody');
    const duration = (seconds ?? 0).toLocaleString(currentLocale(), /** @type {Intl.NumberFormatOptions} */ (SECOND));
    return this.t(`events.${type}`, { name, duration });
  }
}
