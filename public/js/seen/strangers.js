import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { rostro } from '../api.js';
import { confirmErasure } from '../confirm.js';
import { withConsent } from '../consent.js';
import { failureNotice } from '../notice.js';
import { strangerCard } from './stranger-card.js';

/**
 * @import { Stranger } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/**
 * The cards of strangers, under a heading for those seen often and one for the others.
 * @param {{
 *   t: Translate,
 *   cameraName: (id: string) => string,
 *   sectionOf: (heading: string) => JQuery,
 *   onGone: (id: string) => void,
 *   onMoved: (id: string) => Promise<void>,
 *   onNamed: () => Promise<void>,
 * }} options `onGone`: the card of a stranger goes; `onMoved`: the list is other now, and this stranger is in it
 */
export function strangersView({ t, cameraName, sectionOf, onGone, onMoved, onNamed }) {
  /** @param {() => Promise<string>} work resolves with what is said afterwards */
  async function attempt(work) {
    try {
      const words = await work();
      $('#notice').empty().append($('<p class="hint">').text(words));
      announce(words);
    } catch (error) {
      $('#notice').empty().append(failureNotice(error, t));
      $('#notice')[0].scrollIntoView({ block: 'center' });
    }
  }

  const actions = {
    /** @param {Stranger} stranger @param {string} person */
    onName: ({ id }, person) =>
      attempt(async () => {
        const named = await withConsent((consent) => rostro.strangers.name(id, person, { consent }));
        onGone(id);
        await onNamed();
        return t('strangers.named', { name: named.person ?? person, count: named.sightings });
      }),
    /** @param {Stranger} stranger @param {string} other */
    onSame: ({ id }, other) =>
      attempt(async () => {
        const { stranger } = await rostro.strangers.sameAs(id, other);
        await onMoved(other);
        return t('strangers.merged', { count: stranger?.sightings ?? 0 });
      }),
    /** @param {Stranger} stranger @param {string} sighting */
    onSplit: ({ id }, sighting) =>
      attempt(async () => {
        await rostro.strangers.split(id, sighting);
        await onMoved(id);
        return t('strangers.split');
      }),
    /** @param {Stranger} stranger */
    onNotAFace: ({ id }) =>
      attempt(async () => {
        await rostro.strangers.notAFace(id);
        onGone(id);
        return t('strangers.hidden');
      }),
    /** @param {Stranger} stranger */
    async onErase({ id, sightings }) {
      const confirmed = await confirmErasure({
        title: t('strangers.eraseTitle', { count: sightings }),
        text: t('history.eraseText'),
        action: t('history.eraseYes'),
      });
      if (!confirmed) return;
      await attempt(async () => {
        const erased = await rostro.strangers.delete(id);
        onGone(id);
        return t('history.erased', { count: erased.sightings });
      });
    },
  };

  return {
    /** Adds a card. @param {Stranger} stranger */
    append(stranger) {
      const section = sectionOf(t(stranger.suggested ? 'strangers.often' : 'strangers.others'));
      section.children('ul').append(strangerCard(stranger, { t, cameraName, ...actions }));
    },
  };
}

/** Shown where a stranger was seen often and has no name. @param {Translate} t @param {() => void} onFollow */
export async function suggestion(t, onFollow) {
  const page = await rostro.strangers.list({ limit: 1 }).catch(() => null);
  if (!page?.strangers.at(0)?.suggested) return [];
  const button = $('<button type="button" class="btn btn-sm btn-primary">')
    .text(t('strangers.nameThem'))
    .on('click', onFollow);
  return $('<div class="alert alert-info notice">').append($('<span>').text(t('strangers.suggestion')), button);
}
