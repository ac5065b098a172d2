import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { currentLocale } from '../i18n.js';
import { failureNotice } from '../notice.js';
import { faceThumbnail } from '../people/face-thumbnail.js';

/** @import { Translate } from '../i18n.js' */

const SHOWN = 12;
const time = new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'medium', timeStyle: 'short' });

/**
 * The latest sightings of a person, with a link to all of them.
 * @param {JQuery} place
 * @param {string} name
 * @param {Translate} t
 */
export async function showSightings(place, name, t) {
  try {
    const [{ history }, { sightings }] = await Promise.all([
      rostro.status(),
      rostro.history.list({ person: name, limit: SHOWN }),
    ]);
    if (sightings.length === 0) {
      const isOff = history.days === 0 && history.sightings === 0;
      place.empty().append($('<p class="hint">').text(t(isOff ? 'profile.seenOff' : 'profile.seenNever')));
      return;
    }
    const items = sightings.map(({ first, camera, crop }) =>
      $('<li class="profile-sighting">').append(
        faceThumbnail(crop, ''),
        $('<div>').append(
          $('<time>')
            .attr('datetime', first)
            .text(time.format(new Date(first))),
          $('<span class="hint">').text(camera ?? t('profile.seenLive')),
        ),
      ),
    );
    const all = $('<a>').attr('href', `seen.html?${new URLSearchParams({ person: name }).toString()}`);
    place
      .empty()
      .append($('<ul class="profile-sightings">').append(items), $('<p>').append(all.text(t('profile.seenAll'))));
  } catch (error) {
    place.empty().append(failureNotice(error, t, () => void showSightings(place, name, t)));
  }
}
