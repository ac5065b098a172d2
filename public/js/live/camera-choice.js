import $ from '../../vendor/jquery/jquery.module.min.js';
import { cameras } from './camera.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { Camera } from './camera.js'
 */

/** The list of cameras, shown if there are several. */
export class CameraChoice {
  #select = $('#camera');

  /** @param {Camera} camera @param {Translate} t @param {() => void} onChoice */
  constructor(camera, t, onChoice) {
    this.camera = camera;
    this.t = t;
    this.#select.on('change', () => {
      camera.choose(String(this.#select.val()));
      onChoice();
    });
  }

  async show() {
    const devices = await cameras();
    const { current } = this.camera;
    $('#camera-field').prop('hidden', devices.length < 2);
    this.#select.empty().append(
      devices.map(({ deviceId, label }, index) =>
        $('<option>')
          .val(deviceId)
          .prop('selected', deviceId === current)
          .text(label || this.t('live.cameraNumber', { number: index + 1 })),
      ),
    );
  }
}
