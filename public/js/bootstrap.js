const BUNDLE = new URL('../vendor/bootstrap/js/bootstrap.bundle.min.js', import.meta.url).href;

/** Loads Bootstrap's script, for a page that shows its content first. */
export async function loadBootstrap() {
  if (!('bootstrap' in globalThis)) await import(BUNDLE);
}
