import { acceptDrops } from '../drop.js';

/** @import { DroppedFile } from '../dropped-files.js' */

/**
 * Uploads photos as soon as they are chosen or dropped anywhere on the page.
 * @param {HTMLFormElement} form
 * @param {(files: File[], dropped?: DroppedFile[]) => void} onFiles
 */
export function mountDropzone(form, onFiles) {
  const input = /** @type {HTMLInputElement} */ (form.querySelector('input[type=file]'));
  form.classList.add('enhanced');
  // Photos are sent as soon as they are chosen; Enter in the name field opens the file dialog.
  form.noValidate = true;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    input.click();
  });
  input.addEventListener('change', () => {
    onFiles([...(input.files ?? [])]);
    input.value = '';
  });
  acceptDrops(document.documentElement, form, onFiles);
}
