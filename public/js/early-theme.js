// A classic script in the head, so that a dark page does not flash white. theme.js does the rest.
(() => {
  const chosen = localStorage.getItem('rostro.theme');
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.bsTheme = dark ? 'dark' : 'light';
})();
