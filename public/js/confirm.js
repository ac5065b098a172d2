import $ from '/vendor/jquery/jquery.module.min.js';

/**
 * Asks in the page's modal dialog `#confirm` before something is erased.
 * @param {{ title: string, text: string, action: string }} question `action` is the text of the button that does it
 * @returns {Promise<boolean>} false when the dialog was left any other way
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
    // jQuery would take the dots in the name for namespaces of its own.
    element.addEventListener('hidden.bs.modal', answer, { once: true });
    function answer() {
      if (asker instanceof HTMLElement) asker.focus();
      resolve(confirmed);
    }
    modal.show();
  });
}
