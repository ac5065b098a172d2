import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';

/** @import { Translate } from '../i18n.js' */

/** The choice of a group; hidden while there are no groups. */
export class GroupFilter {
  /** @param {Translate} t @param {(group: string) => void} onChange empty: all people */
  constructor(t, onChange) {
    this.t = t;
    this.select = $('#group').on('change', () => onChange(String(this.select.val() ?? '')));
  }

  /**
   * Requests the groups.
   * @param {string} chosen
   * @returns {Promise<boolean>} whether the chosen group still exists
   */
  async reload(chosen) {
    const groups = await rostro.groups();
    const exists = chosen === '' || groups.some(({ name }) => name === chosen);
    const options = groups.map(({ name, people }) =>
      $('<option>').val(name).text(this.t('people.groupOption', { name, people })),
    );
    this.select
      .empty()
      .append($('<option value="">').text(this.t('people.allGroups')), options)
      .val(exists ? chosen : '')
      .prop('hidden', groups.length === 0);
    return exists;
  }
}
