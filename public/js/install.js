import { SERVER } from './session.js';

/** Makes the pages installable: a manifest, and a service worker that says when the server cannot be reached. */
export function mountInstall() {
  if (document.querySelector('link[rel=manifest]') === null) {
    addLink('manifest', 'manifest.webmanifest');
    addLink('apple-touch-icon', 'img/icon-192.png');
  }
  // Not in a frame, nor over HTTP; without one the pages work all the same.
  if (window.top === window) navigator.serviceWorker?.register(new URL('sw.js', SERVER)).catch(() => {});
}

/** @param {string} rel @param {string} path */
function addLink(rel, path) {
  const link = document.createElement('link');
  Object.assign(link, { rel, href: new URL(path, SERVER).href });
  document.head.append(link);
}
