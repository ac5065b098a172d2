import $ from '../vendor/jquery/jquery.module.min.js';

/**
 * Asks for confirmation in the modal dialog `#confirm` before something is erased.
 * @param {{ title: string, text: string, action: string }} question `action` is the label of the confirming button
 * @returns {Promise<boolean>} false if the dialog was closed in another way
 */
export function confirmErasure({ title, text, action }) {
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
