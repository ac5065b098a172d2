/** @typedef {'auto' | 'light' | 'dark'} ThemeChoice */

const STORED_THEME = 'rostro.theme';
const systemDark = matchMedia('(prefers-color-scheme: dark)');

/** @returns {ThemeChoice} */
export function chosenTheme() {
  const stored = localStorage.getItem(STORED_THEME);
  return stored === 'light' || stored === 'dark' ? stored : 'auto';
}

/** @param {ThemeChoice} choice */
export function chooseTheme(choice) {
  localStorage.setItem(STORED_THEME, choice);
  applyTheme();
}

/** Applies the choice; `auto` follows the system. */
export function applyTheme() {
  const choice = chosenTheme();
  const dark = choice === 'dark' || (choice === 'auto' && systemDark.matches);
  document.documentElement.dataset.bsTheme = dark ? 'dark' : 'light';
}

/** Follows changes of the system while the choice is `auto`. */
export function followSystemTheme() {
  systemDark.addEventListener('change', applyTheme);
}
