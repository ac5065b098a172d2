import $ from '/vendor/jquery/jquery.module.min.js';
import { decodePhoto } from '../photo.js';
import { mountFacePicker } from './face-picker.js';
import { chooseFace, importedPhoto, importLines, importStatus, importTable } from './import-api.js';

/**
 * @import { ImportLine } from '../api-types.js'
 * @import { Translate } from '../i18n.js'
 */

/** Reasons that are shown; the table to download has all. */
const SHOWN = 200;
const POLL_MS = 300;

/** The photos of an import that were not enrolled, with the reason, and faces to choose where there are several. */
export class ImportReport {
  /** @param {JQuery} place @param {Translate} t @param {() => void} onChange somebody may be new */
  constructor(place, t, onChange) {
    this.t = t;
    this.place = place;
    this.onChange = onChange;
  }

  clear() {
    this.place.empty();
  }

  /** @param {string} id of the job @param {readonly ImportLine[]} lines */
  add(id, lines) {
    const refused = lines.filter(({ outcome }) => outcome === 'refused');
    if (refused.length === 0) return;
    const list = $('<ul class="import-list">').append(refused.slice(0, SHOWN).map((line) => this.#row(id, line)));
    const download = $('<a class="btn btn-sm btn-outline-secondary" download>')
      .attr('href', importTable(id))
      .text(this.t('import.table'));
    this.place.append(list, download);
  }

  /** @param {string} id @param {ImportLine} line @returns {JQuery} */
  #row(id, line) {
    const reason = $('<span class="import-reason">').text(this.#reason(line));
    const where = line.line === null ? line.file : this.t('import.line', { file: line.file ?? '', line: line.line });
    const row = $('<li>').append($('<strong>').text(where ?? line.person ?? ''), reason);
    if (line.faces.length === 0 || line.file === null) return row;
    const choose = $('<button type="button" class="btn btn-sm btn-primary">')
      .text(this.t('import.choose'))
      .attr('aria-label', this.t('import.chooseIn', { file: line.file }))
      .on('click', () => {
        choose.remove();
        void this.#offer(row, id, line, reason);
      });
    return row.append(choose);
  }

  /** The server's own words where they say more than a sentence for everybody. @param {ImportLine} line */
  #reason({ code, message }) {
    const key = `error.${code}`;
    const known = this.t(key);
    return code === 'bad_row' || code === 'bad_name' || known === key ? (message ?? '') : known;
  }

  /** @param {JQuery} row @param {string} id @param {ImportLine} line @param {JQuery} reason */
  async #offer(row, id, { file, faces, person }, reason) {
    const name = /** @type {string} */ (file);
    const photo = await decodePhoto(await importedPhoto(id, name));
    if (photo === null) return;
    const { width, height } = photo;
    const canvas = $('<canvas role="img">').attr({
      width,
      height,
      'aria-label': this.t('upload.photo', { file: name }),
    });
    /** @type {HTMLCanvasElement} */ (canvas[0]).getContext('2d')?.drawImage(photo, 0, 0);
    photo.close();
    const frame = $('<div class="photo">').append(canvas);
    const hint = $('<p class="hint">').text(this.t('import.whichIs', { name: person ?? '' }));
    row.append(hint, frame);
    mountFacePicker(frame, { image: { width, height }, faces }, this.t, (face) => {
      hint.remove();
      frame.remove();
      void this.#choose(row, reason, id, name, faces[face].index);
    });
  }

  /** @param {JQuery} row @param {JQuery} reason @param {string} id @param {string} file @param {number} face */
  async #choose(row, reason, id, file, face) {
    reason.text(this.t('upload.looking'));
    let job = await chooseFace(id, file, face);
    while (job.endedAt === null) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      job = await importStatus(id);
    }
    const line = (await importLines(id)).find((one) => one.file === file);
    if (line === undefined) return;
    const isIn = line.outcome !== 'refused';
    row.attr('data-outcome', line.outcome);
    reason.text(isIn ? this.t('upload.enrolled', { name: line.person ?? '' }) : this.#reason(line));
    if (isIn) this.onChange();
  }
}
