import $ from '../../vendor/jquery/jquery.module.min.js';
import { cameraObstacle } from '../live/camera.js';
import { isCameraName } from './file-name.js';
import { withoutHidden } from './import-files.js';
import { UploadCard } from './upload-card.js';
import { kindOf } from './upload-question.js';
import { uploadOf, UploadQueue } from './upload-queue.js';
import { UploadTotal } from './upload-total.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { Importing } from './importing.js'
 * @import { Upload } from './upload-queue.js'
 */

/** So many successes are shown unfolded. */
const UNFOLDED = 4;
/** From above to below. */
const PLACES = ['asking', 'refused', 'going'];

/** @type {Uploads | null} */
let mounted = null;

/** Enrols photos that came from elsewhere than the drop zone. @param {readonly File[]} files */
export function takePhotos(files) {
  mounted?.take(files);
}

/** The intake: what is dropped, chosen, taken or imported goes through one review, in which questions come first. */
export class Uploads {
  /** Those without a card are counted only. @type {Map<Upload, UploadCard | null>} */
  #uploads = new Map();
  #isFolded = true;

  /**
   * @param {Translate} t
   * @param {() => void} onIdle called when all uploads have ended, and when one was undone
   * @param {Importing} importing takes dropped folders
   */
  constructor(t, onIdle, importing) {
    this.t = t;
    this.onIdle = onIdle;
    this.importing = importing;
    this.queue = new UploadQueue((upload) => {
      this.#update(upload);
      if (!this.queue.busy) onIdle();
    });
    this.total = new UploadTotal(this.queue, t);
    importing.onReview = {
      add: (uploads, shown) => {
        uploads.forEach((upload, index) => this.#add(upload, index < shown));
        this.#show();
      },
      change: () => this.#show(),
    };
    mountForm(/** @type {HTMLFormElement} */ (document.getElementById('upload')), (files) => this.take(files));
    if (cameraObstacle() === null)
      $('#webcam-open')
        .prop('hidden', false)
        .on('click', () => void this.#openWebcam());
    $('#uploads-clear').on('click', () => this.#clear());
    $('#uploads-next').on('click', () => this.#focusQuestion());
    addEventListener('beforeunload', (event) => {
      if (this.queue.busy) event.preventDefault();
    });
    mounted = this;
  }

  /** A folder is planned and imported. @param {File[]} files @param {import('../dropped-files.js').DroppedFile[]} dropped */
  async takeDropped(files, dropped) {
    const isFolder = dropped.some(({ path }) => path.includes('/'));
    if (isFolder && this.importing.isReady) await this.importing.take(withoutHidden(dropped));
    else this.take(files);
  }

  /** @param {readonly File[]} files @param {{ name?: string, webcam?: boolean }} [options] */
  take(files, { name = takeName(), webcam } = {}) {
    for (const file of files) {
      const upload = uploadOf(file, { name, webcam });
      if (name === undefined && isCameraName(file.name)) upload.state = 'unnamed';
      this.#add(upload);
      if (upload.state === 'waiting') this.queue.add(upload);
    }
    this.#show();
    document.getElementById('uploads')?.scrollIntoView({ block: 'nearest' });
  }

  /** Loaded when it is wanted: most visits take no photo. */
  async #openWebcam() {
    const { openWebcam } = await import('./webcam.js');
    openWebcam((photos, name) => this.take(photos, { name, webcam: true }));
  }

  /** @param {Upload} upload @param {boolean} [isShown] */
  #add(upload, isShown = true) {
    if (!isShown) {
      this.#uploads.set(upload, null);
      return;
    }
    const card = new UploadCard(upload, this.t, {
      onAnswer: () => {
        this.queue.add(upload);
        this.#focusQuestion();
      },
      onDecided: () => {
        this.#update(upload);
        this.#focusQuestion();
        if (upload.state === 'undone') this.onIdle();
      },
      onAnother: () => {
        this.#add({ ...upload, enrolled: undefined, state: 'refused', error: upload.several });
        this.#show();
        this.#focusQuestion();
      },
    });
    this.#uploads.set(upload, card);
    this.#place(card.element, kindOf(upload));
  }

  /** @param {Upload} upload */
  #update(upload) {
    const card = this.#uploads.get(upload);
    card?.update();
    if (card) this.#place(card.element, kindOf(upload));
    this.#show();
  }

  /** Moves a card behind the last one of its kind, if it is elsewhere. @param {JQuery} card @param {string} kind */
  #place(card, kind) {
    if (card.attr('data-kind') === kind) return;
    card.attr('data-kind', kind);
    if (kind === 'done') {
      $('#uploads-done-list').append(card);
      return;
    }
    const later = PLACES.slice(PLACES.indexOf(kind) + 1).map((other) => `[data-kind="${other}"]`);
    const next = later.length > 0 ? $('#uploads-list').children(later.join()).not(card).first() : $();
    if (next.length > 0) next.before(card);
    else $('#uploads-list').append(card);
  }

  /** Moves the focus to the next question, or to the summary if there is none. */
  #focusQuestion() {
    const [question] = $('#uploads-list [data-kind="asking"]');
    (question ?? $('#uploads-sentence')[0])?.focus();
  }

  /** Removes the photos that are not being uploaded. */
  #clear() {
    for (const [upload, card] of this.#uploads) {
      if (kindOf(upload) === 'going') continue;
      card?.element.remove();
      this.#uploads.delete(upload);
    }
    this.importing.clear();
    this.#show();
    $('#photos').trigger('focus');
  }

  #show() {
    const uploads = [...this.#uploads.keys()];
    const done = uploads.filter((upload) => kindOf(upload) === 'done').length;
    $('#uploads').prop('hidden', uploads.length === 0 && !this.importing.isShown);
    $('#uploads-next').prop('hidden', !uploads.some((upload) => kindOf(upload) === 'asking'));
    $('#uploads-done').prop('hidden', done === 0);
    $('#uploads-done summary').text(this.t('uploads.done', { count: done }));
    if (this.#isFolded !== done > UNFOLDED) {
      this.#isFolded = done > UNFOLDED;
      $('#uploads-done').prop('open', !this.#isFolded);
    }
    this.total.update(uploads);
  }
}

/**
 * Takes photos as soon as they are chosen or taken.
 * @param {HTMLFormElement} form
 * @param {(files: File[]) => void} onFiles
 */
function mountForm(form, onFiles) {
  form.classList.add('enhanced');
  // Photos are sent as soon as they are chosen; Enter in the name field opens the file dialog.
  form.noValidate = true;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    $('#photos').trigger('click');
  });
  $('#photos, #take-photo').on('change', ({ target }) => {
    const input = /** @type {HTMLInputElement} */ (target);
    onFiles([...(input.files ?? [])]);
    input.value = '';
  });
}

/** The name for all photos. Clears the field: the next photos probably show another person. */
function takeName() {
  const field = $('#name');
  const name = String(field.val()).trim();
  field.val('');
  return name === '' ? undefined : name;
}
