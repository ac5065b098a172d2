import $ from '../vendor/jquery/jquery.module.min.js';
import { loadBootstrap } from './bootstrap.js';
import { createTranslator } from './i18n.js';
import common from './strings/common.js';

/**
 * Asks for confirmation in the modal dialog `#confirm` before something is erased.
 * @param {{ title: string, text: string, action: string }} question `action` is the label of the confirming button
 * @returns {Promise<boolean>} false if the dialog was closed in another way
 */
export async function confirmErasure({ title, text, action }) {
  await loadBootstrap();
  if ($('#confirm').length === 0) $('body').append(dialog());
  const [element] = $('#confirm');
  $('#confirm-title').text(title);
  $('#confirm-text').text(text);
  const modal = bootstrap.Modal.getOrCreateInstance(element);
  return new Promise((resolve) => {
    const asker = document.activeElement;
    let confirmed = false;
    $('#confirm-yes')
      .text(action)
      .off('click')
      .on('click', () => {
        confirmed = true;
        modal.hide();
      });
    // jQuery would treat the dots in the name as event namespaces.
    element.addEventListener('hidden.bs.modal', answer, { once: true });
    function answer() {
      if (asker instanceof HTMLElement) asker.focus();
      resolve(confirmed);
    }
    modal.show();
  });
}

function dialog() {
  const { t } = createTranslator(common);
  const buttons = [
    $('<button type="button" class="btn btn-outline-secondary" data-bs-dismiss="modal">').text(t('cancel')),
    $('<button type="button" class="btn btn-danger" id="confirm-yes">'),
  ];
  const content = $('<div class="modal-content">').append(
    $('<div class="modal-header">').append($('<h2 class="modal-title h5" id="confirm-title">')),
    $('<p class="modal-body mb-0" id="confirm-text">'),
    $('<div class="modal-footer">').append(buttons),
  );
  return $('<div class="modal" id="confirm" tabindex="-1">')
    .attr({ 'aria-labelledby': 'confirm-title', 'aria-describedby': 'confirm-text' })
    .append($('<div class="modal-dialog modal-dialog-centered">').append(content));
}
