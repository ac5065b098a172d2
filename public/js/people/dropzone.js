import { acceptDrops } from '../drop.js';

/**
 * Makes the plain form take photos as soon as they are chosen, or dropped anywhere on the page.
 * @param {HTMLFormElement} form
 * @param {(files: File[]) => void} onFiles
 */
export function mountDropzone(form, onFiles) {
  const input = /** @type {HTMLInputElement} */ (form.querySelector('input[type=file]'));
  form.classList.add('enhanced');
  // Photos leave as soon as they are chosen; Enter in the name field asks for them.
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
