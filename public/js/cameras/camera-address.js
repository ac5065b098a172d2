/** A stream or a device, as the server takes it. Video files are for CAMERAS_FILE. */
const STREAM = /^(?:rtsps?|https?|tcp|udp):\/\/[^\s/]/i;
const DEVICE = /^\/dev\/(?:video\d+|v4l\/by-(?:id|path)\/[^/]+)$/;
const MAX_ID = 50;

/** @param {string} text */
export function isAddress(text) {
  return STREAM.test(text) || DEVICE.test(text);
}

/**
 * The address with user name and password, which may contain any character. Without them it stays as it is.
 * @param {string} address @param {string} user @param {string} password
 */
export function withLogin(address, user, password) {
  if (user === '' && password === '') return address;
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
  return address.replace(/^([a-z]+:\/\/)/i, (_whole, scheme) => scheme + login);
}

/** An id for a camera with this name: `Front door` becomes `front-door`. @param {string} name @param {readonly string[]} taken */
export function idFor(name, taken) {
  const plain = name.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '');
  const words = plain.split(/[^a-z0-9]+/).filter((word) => word !== '');
  const base = words.join('-').slice(0, MAX_ID - 4) || 'camera';
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!taken.includes(id)) return id;
  }
}
