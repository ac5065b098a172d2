import $ from '../../vendor/jquery/jquery.module.min.js';

/** @import { Translate } from '../i18n.js' */

/** The dialog of the webcam enrolment: a name, the looks, the review of the photos. @param {Translate} t */
export function webcamDialog(t) {
  const element = $(`
    <div class="modal" id="webcam" tabindex="-1" aria-labelledby="webcam-title">
      <div class="modal-dialog modal-dialog-centered modal-fullscreen-sm-down">
        <div class="modal-content">
          <div class="modal-header">
            <h2 class="modal-title h5" id="webcam-title" data-text="webcam.title"></h2>
            <button type="button" class="btn-close" data-bs-dismiss="modal"></button>
          </div>
          <div class="modal-body">
            <form id="webcam-step-name" class="webcam-step">
              <p class="hint" data-text="webcam.lead"></p>
              <div>
                <label class="form-label" for="webcam-name" data-text="webcam.name"></label>
                <input class="form-control" id="webcam-name" required maxlength="100" autocomplete="off" />
              </div>
              <p id="webcam-error" class="webcam-error" role="alert"></p>
              <button class="btn btn-primary" id="webcam-start" data-text="webcam.start"></button>
            </form>
            <div id="webcam-step-looks" class="webcam-step" hidden>
              <div class="verify-stage">
                <video playsinline muted disablepictureinpicture></video>
                <svg class="verify-ring" viewBox="0 0 100 100" aria-hidden="true">
                  <circle cx="50" cy="50" r="48" pathLength="100" />
                  <circle cx="50" cy="50" r="48" pathLength="100" id="ring" />
                </svg>
                <div class="verify-figure" id="webcam-figure" aria-hidden="true"></div>
              </div>
              <ol class="verify-steps" id="webcam-looks"></ol>
              <p class="verify-instruction" id="webcam-instruction" aria-live="assertive"></p>
              <p class="verify-hint" id="webcam-hint" role="status"></p>
              <div class="verify-buttons">
                <button type="button" class="btn btn-primary" id="webcam-take" data-text="webcam.take"></button>
                <button type="button" class="btn btn-outline-secondary" id="webcam-skip" data-text="webcam.skip"></button>
              </div>
            </div>
            <div id="webcam-step-review" class="webcam-step" hidden>
              <p id="webcam-found" tabindex="-1"></p>
              <ul id="webcam-shots" class="webcam-shots"></ul>
              <button type="button" class="btn btn-primary" id="webcam-send"></button>
            </div>
          </div>
        </div>
      </div>
    </div>`);
  element.find('[data-text]').each((_index, place) => {
    place.textContent = t(String(place.dataset.text));
  });
  element.find('.btn-close').attr('aria-label', t('cancel'));
  element.find('video').attr('aria-label', t('verify.picture'));
  element.find('#webcam-looks').attr('aria-label', t('webcam.looks'));
  return element;
}
