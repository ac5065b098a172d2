import $ from '../../vendor/jquery/jquery.module.min.js';
import { decodePhoto, showBlank } from '../photo.js';
import { mountFacePicker } from './face-picker.js';
import { describeLine } from './import-plan.js';

/**
 * @import { FaceChoice, ImportLine, ImportRun } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/** Maximum number of lines shown; the CSV report has all. */
const SHOWN = 200;
const POLL_MS = 300;

/**
 * The photos of an import that were not enrolled, with the reason and, for several faces, a choice; new people whose names
 * are similar to others.
 */
export class ImportReport {
  /** @param {JQuery} place @param {Translate} t @param {() => void} onChange called when people may have been added */
  constructor(place, t, onChange) {
    this.t = t;
    this.place = place;
    this.onChange = onChange;
  }

  clear() {
    this.place.empty();
  }

  /** @param {ImportRun} run @param {readonly ImportLine[]} lines */
  add(run, lines) {
    const told = lines.filter(({ outcome, warnings }) => outcome === 'refused' || warnings.includes('similar_name'));
    if (told.length === 0) return;
    this.#list(told, run);
    const download = $('<a class="btn btn-sm btn-outline-secondary" download>')
      .attr('href', run.reportCsvUrl)
      .text(this.t('import.table'));
    this.place.append(download);
  }

  /** Lines of photos that were not sent. @param {readonly ImportLine[]} lines */
  addRefused(lines) {
    if (lines.length > 0) this.#list(lines, null);
  }

  /** @param {readonly ImportLine[]} lines @param {ImportRun | null} run */
  #list(lines, run) {
    this.place.append($('<ul class="import-list">').append(lines.slice(0, SHOWN).map((line) => this.#row(run, line))));
  }

  /** @param {ImportRun | null} run @param {ImportLine} line @returns {JQuery} */
  #row(run, line) {
    const reason = $('<span class="import-reason">').text(this.#reason(line));
    const where = line.line === null ? line.file : this.t('import.line', { file: line.file ?? '', line: line.line });
    const row = $('<li>').append($('<strong>').text(where ?? line.person ?? ''), reason);
    if (run === null || line.faces.length === 0 || line.file === null) return row;
    const choose = $('<button type="button" class="btn btn-sm btn-primary">')
      .text(this.t('import.choose'))
      .attr('aria-label', this.t('import.chooseIn', { file: line.file }))
      .on('click', () => {
        choose.remove();
        void this.#offer(row, run, line, reason);
      });
    return row.append(choose);
  }

  /** @param {ImportLine} line */
  #reason(line) {
    return line.outcome === 'refused'
      ? describeLine(line, this.t)
      : `${line.person}: ${this.t('warning.similar_name')}`;
  }

  /** @param {JQuery} row @param {ImportRun} run @param {ImportLine} line @param {JQuery} reason */
  async #offer(row, run, { file, faces, person }, reason) {
    const name = /** @type {string} */ (file);
    const photo = await decodePhoto(await run.photo(name));
    const { width, height } = photo ?? extentOf(faces);
    const canvas = $('<canvas role="img">').attr({
      width,
      height,
      'aria-label': this.t('upload.photo', { file: name }),
    });
    const shown = /** @type {HTMLCanvasElement} */ (canvas[0]);
    if (photo) shown.getContext('2d')?.drawImage(photo, 0, 0);
    else showBlank(shown, { width, height }, Math.max(width, height));
    photo?.close();
    const frame = $('<div class="photo">').append(canvas);
    const hint = $('<p class="hint">').text(this.t('import.whichIs', { name: person ?? '' }));
    row.append(hint, frame);
    mountFacePicker(frame, { image: { width, height }, faces }, this.t, (face) => {
      hint.remove();
      frame.remove();
      void this.#choose(row, reason, run, { file: name, face: faces[face].index });
    });
  }

  /** @param {JQuery} row @param {JQuery} reason @param {ImportRun} run @param {FaceChoice} choice */
  async #choose(row, reason, run, choice) {
    reason.text(this.t('upload.looking'));
    await run.choose([choice]);
    await run.wait({ pollMs: POLL_MS });
    const line = (await run.report()).find(({ file }) => file === choice.file);
    if (line === undefined) return;
    const isIn = line.outcome !== 'refused';
    row.attr('data-outcome', line.outcome);
    reason.text(isIn ? this.t('upload.enrolled', { name: line.person ?? '' }) : describeLine(line, this.t));
    if (isIn) this.onChange();
  }
}

/** The size of a photo that the browser cannot read, as far as it has faces. @param {ImportLine['faces']} faces */
function extentOf(faces) {
  return {
    width: Math.ceil(Math.max(...faces.map(({ box }) => box.x + box.width)) * 1.05),
    height: Math.ceil(Math.max(...faces.map(({ box }) => box.y + box.height)) * 1.05),
  };
}
