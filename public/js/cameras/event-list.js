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
/** A visit gets its last time when it ends; the event is sent a moment later. */
const MAX_GAP_MS = 60_000;
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
    const { type, at, camera, person } = event;
    $('#events').prepend(
      $('<li>')
        .attr('data-type', type)
        .append(
          icon(ICONS[type]),
          $('<div>').append(
            $('<p class="event-words">').text(this.#words(event)),
            $('<p class="hint">').text(`${clock.format(new Date(at))} · ${this.nameOf(camera)}`),
            person === null ? [] : this.#notThem(event, person),
          ),
        ),
    );
    $('#events').children().slice(MAX_SHOWN).remove();
  }

  /** A button that takes a wrong name away. @param {CameraEvent} event @param {string} name */
  #notThem(event, name) {
    const outcome = $('<p class="hint" role="status">');
    const button = $('<button type="button" class="btn btn-sm btn-outline-secondary">')
      .text(this.t('events.notThem', { name }))
      .on('click', async () => {
        button.prop('disabled', true);
        try {
          await takeNameAway(event, name);
          outcome.text(this.t('events.corrected', { name }));
          button.remove();
        } catch (error) {
          outcome.text(describeError(error, this.t));
          button.prop('disabled', false);
        }
      });
    return [button, outcome];
  }

  /** @param {CameraEvent} event */
  #words({ type, person, seconds }) {
    if (type === 'unknown') return this.t('events.unknown');
    const name = person ?? this.t('events.somebody');
    const duration = (seconds ?? 0).toLocaleString(currentLocale(), /** @type {Intl.NumberFormatOptions} */ (SECOND));
    return this.t(`events.${type}`, { name, duration });
  }
}

/**
 * Corrects the sighting of the event; without one (no history, or a key that may not read it), the face that the camera
 * still sees becomes a negative.
 * @param {CameraEvent} event @param {string} person
 */
async function takeNameAway({ camera, track, at }, person) {
  const to = new Date(new Date(at).getTime() + 1);
  const page = await rostro.history.list({ person, camera, to, limit: 1 }).catch(() => null);
  const sighting = page?.sightings.at(0);
  // The newest that began before the event and lasted until shortly before it, at least.
  if (sighting !== undefined && new Date(at).getTime() - new Date(sighting.last).getTime() < MAX_GAP_MS) {
    await rostro.history.correct(sighting.id, null);
    return;
  }
  await rostro.people.addNegative(person, await rostro.cameras.crop(camera, track));
}
