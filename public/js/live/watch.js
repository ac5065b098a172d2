import { cameras } from './camera.js';

/**
 * Reports events that may make a camera usable: one was plugged in, or the permission was granted.
 * @param {{ onPlugged: () => void, onAllowed: () => void }} events
 */
export function watchCameras({ onPlugged, onAllowed }) {
  navigator.mediaDevices?.addEventListener('devicechange', () => {
    void cameras().then((devices) => devices.length > 0 && onPlugged());
  });
  const camera = /** @type {PermissionDescriptor} */ ({ name: /** @type {PermissionName} */ ('camera') });
  void navigator.permissions?.query(camera).then(
    (permission) => {
      permission.onchange = () => permission.state === 'granted' && onAllowed();
    },
    () => undefined,
  );
}

/** Reports when the page is hidden, shown and left. @param {{ onHidden: () => void, onShown: () => void, onLeft: () => void }} events */
export function watchPage({ onHidden, onShown, onLeft }) {
  document.addEventListener('visibilitychange', () => (document.hidden ? onHidden() : onShown()));
  window.addEventListener('pagehide', onLeft);
}

/** Reports the key `q`, except in a text field. @param {() => void} onQuit */
export function watchQuitKey(onQuit) {
  document.addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() !== 'q' || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const typing = event.target instanceof Element && event.target.closest('input:not([type=range]), textarea, select');
    if (!typing) onQuit();
  });
}
