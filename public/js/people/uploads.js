import $ from '../../vendor/jquery/jquery.module.min.js';
import { mountDropzone } from './dropzone.js';
import { isCameraName } from './file-name.js';
import { withoutHidden } from './import-files.js';
import { UploadCard } from './upload-card.js';
import { UploadQueue } from './upload-queue.js';
import { UploadTotal } from './upload-total.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { Importing } from './importing.js'
 * @import { Upload } from './upload-queue.js'
 */

/** @type {Uploads | null} */
let mounted = null;

/** Enrols photos that came from elsewhere than the drop zone. @param {readonly File[]} files */
export function takePhotos(files) {
  mounted?.take(files);
}

/** The part of the page that enrols: drop zone, queue, one card per photo. */
export class Uploads {
  /** @type {Map<Upload, UploadCard>} */
  #cards = new Map();

  /**
   * @param {Translate} t
   * @param {() => void} onIdle called when all uploads have ended
   * @param {Importing} importing takes dropped folders
   */
  constructor(t, onIdle, importing) {
    this.t = t;
    this.queue = new UploadQueue((upload) => {
      this.#cards.get(upload)?.update();
      this.#showTotal();
      if (!this.queue.busy) onIdle();
    });
    this.total = new UploadTotal($('#uploads-total'), this.queue, t);
    mountDropzone(/** @type {HTMLFormElement} */ (document.getElementById('upload')), (files, dropped = []) => {
      const isFolder = dropped.some(({ path }) => path.includes('/'));
      if (isFolder && importing.isReady) void importing.take(withoutHidden(dropped));
      else this.take(files);
    });
    $('#uploads-clear').on('click', () => this.#clear());
    addEventListener('beforeunload', (event) => {
      if (this.queue.busy) event.preventDefault();
    });
    mounted = this;
  }

  /** @param {readonly File[]} files */
  take(files) {
    const name = takeName();
    for (const file of files) {
      const state = name === undefined && isCameraName(file.name) ? 'unnamed' : 'waiting';
      /** @type {Upload} */
      const upload = { file, name, fraction: 0, state };
      this.#show(upload);
      if (state === 'waiting') this.queue.add(upload);
    }
  }

  /** @param {Upload} upload */
  #show(upload) {
    const card = new UploadCard(upload, this.t, {
      onAnswer: () => this.queue.add(upload),
      onAnother: () => this.#show({ file: upload.file, fraction: 1, state: 'refused', error: upload.several }),
    });
    this.#cards.set(upload, card);
    $('#uploads-list').append(card.element);
    this.#showTotal();
  }

  /** Removes the photos that are not being uploaded. */
  #clear() {
    for (const [upload, card] of this.#cards) {
      if (['waiting', 'sending', 'looking'].includes(upload.state)) continue;
      card.element.remove();
      this.#cards.delete(upload);
    }
    this.#showTotal();
    $('#photos').trigger('focus');
  }

  #showTotal() {
    $('#uploads').prop('hidden', this.#cards.size === 0);
    this.total.update([...this.#cards.keys()]);
  }
}

/** The name for all photos. Clears the field: the next photos probably show another person. */
function takeName() {
  const field = $('#name');
  const name = String(field.val()).trim();
  field.val('');
  return name === '' ? undefined : name;
}
