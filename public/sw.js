/**
 * The service worker of the pages: a page that says when the server cannot be reached, and photos that a phone shares. It
 * keeps no data of people: of the server's replies only the files below. Everything else comes from the server, so that an
 * upgrade is seen at once.
 */

/** As in package.json: an upgrade makes another cache. */
const VERSION = '0.1.0';
const SHELL = `rostro-shell-${VERSION}`;
const SHARED = 'rostro-shared';
const OFFLINE = 'offline.html';
const FILES = [OFFLINE, 'css/rostro.css', 'css/offline.css', 'img/logo.svg', 'js/early-theme.js'];
/** As many as the drop zone is asked to take at once on a phone. */
const MOST_SHARED = 200;

const worker = /** @type {any} */ (globalThis);
const urlOf = (/** @type {string} */ path) => new URL(path, worker.registration.scope).href;

worker.addEventListener('install', (/** @type {any} */ event) => {
  worker.skipWaiting();
  event.waitUntil(
    caches
      .open(SHELL)
      .then((cache) => cache.addAll(FILES.map((path) => new Request(urlOf(path), { cache: 'reload' })))),
  );
});

worker.addEventListener('activate', (/** @type {any} */ event) => {
  event.waitUntil(Promise.all([deleteOldCaches(), worker.clients.claim()]));
});

worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event;
  if (request.method === 'POST' && request.url === urlOf('share')) event.respondWith(keepShared(request));
  else if (request.mode === 'navigate' && request.method === 'GET') event.respondWith(page(request));
  else if (request.method === 'GET' && FILES.some((path) => urlOf(path) === request.url))
    event.respondWith(file(request));
});

async function deleteOldCaches() {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith('rostro-shell-') && name !== SHELL).map((name) => caches.delete(name)),
  );
}

/** @param {Request} request */
async function page(request) {
  try {
    return await fetch(request);
  } catch {
    // Its links are relative to the pages of the app.
    if (new URL('.', request.url).href !== worker.registration.scope) return Response.redirect(urlOf(OFFLINE));
    return (await fromShell(OFFLINE)) ?? Response.error();
  }
}

/** @param {Request} request */
async function file(request) {
  try {
    return await fetch(request);
  } catch {
    return (await fromShell(request.url)) ?? Response.error();
  }
}

/** @param {string} path */
async function fromShell(path) {
  return (await caches.open(SHELL)).match(urlOf(path));
}

/**
 * The Web Share Target of the manifest. The photos wait in a cache of this browser until the page People takes them: the
 * login's cookie does not come with a request that another app makes.
 * @param {Request} request
 */
async function keepShared(request) {
  await caches.delete(SHARED);
  const cache = await caches.open(SHARED);
  const files = (await request.formData())
    .getAll('photos')
    .filter((part) => part instanceof File)
    .slice(0, MOST_SHARED);
  for (const [index, photo] of files.entries()) {
    const { name, type } = /** @type {File} */ (photo);
    const headers = {
      'content-type': type,
      'x-file-name': encodeURIComponent(name),
      'x-shared-at': String(Date.now()),
    };
    await cache.put(urlOf(`shared/${index}`), new Response(photo, { headers }));
  }
  return Response.redirect(urlOf('./?shared'), 303);
}
