import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';

/** @import { Translate } from '../i18n.js' */

/** The choice of a group; hidden while there are no groups. */
export class GroupFilter {
  /** @param {Translate} t @param {() => void} onChange */
  constructor(t, onChange) {
    this.t = t;
    this.select = $('#group').on('change', onChange);
  }

  /** The chosen group; empty for all people. */
  get group() {
    return String(this.select.val() ?? '');
  }

  /** Requests the groups. Resets the choice if its group no longer exists. */
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
