import $ from '/vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';

/** @import { Translate } from '../i18n.js' */

/** Chooses one of the groups; hidden while nobody is in any. */
export class GroupFilter {
  /** @param {Translate} t @param {() => void} onChange */
  constructor(t, onChange) {
    this.t = t;
    this.select = $('#group').on('change', onChange);
  }

  /** The group that is chosen; empty for everybody. */
  get group() {
    return String(this.select.val() ?? '');
  }

  /** Asks the server for the groups. A group that nobody is in any more is not chosen any more. */
  async reload() {
    const groups = await rostro.groups();
    const chosen = groups.some(({ name }) => name === this.group) ? this.group : '';
    const options = groups.map(({ name, people }) =>
      $('<option>').val(name).text(this.t('people.groupOption', { name, people })),
    );
    this.select
      .empty()
      .append($('<option value="">').text(this.t('people.allGroups')), options)
      .val(chosen)
      .prop('hidden', groups.length === 0);
  }
}
