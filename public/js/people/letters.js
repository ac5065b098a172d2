import $ from '../../vendor/jquery/jquery.module.min.js';
import { mountRoving } from '../roving.js';

/** @import { Translate } from '../i18n.js' */

/** A letter for each initial; hidden while the list is short. The letters are one tab stop. */
export class Letters {
  #place = $('#people-letters');
  #refresh = mountRoving(this.#place[0], 'button');

  /** @param {Translate} t @param {(initial: string) => void} onChoose empty: everyone */
  constructor(t, onChoose) {
    this.t = t;
    this.onChoose = onChoose;
  }

  /** @param {string[]} initials @param {string} chosen @param {boolean} isLong whether the list has several pages */
  show(initials, chosen, isLong) {
    const hadFocus = this.#place[0].contains(document.activeElement);
    this.#place
      .empty()
      .prop('hidden', !(isLong && initials.length > 1) && chosen === '')
      .append(['', ...initials].map((initial) => this.#button(initial, initial === chosen)));
    this.#refresh();
    if (hadFocus) this.#place.find('[aria-pressed=true]').trigger('focus');
  }

  /** @param {string} initial @param {boolean} isChosen */
  #button(initial, isChosen) {
    const { t } = this;
    const label = initial === '#' ? t('people.otherInitials') : t('people.initial', { initial });
    return $('<button type="button" class="letter">')
      .attr({ 'aria-pressed': String(isChosen), 'aria-label': initial === '' ? null : label })
      .text(initial === '' ? t('people.allInitials') : initial)
      .on('click', () => this.onChoose(initial));
  }
}
