import { ApiError } from './api-error.js';
import { csrfHeader, goToLogin, forgetSession } from './session.js';

/**
 * @import { Calibration, Camera, Detection, Enrolled, Group, PeoplePage, Person, PersonChange, Recognition, ServerStatus, Verification } from './api-types.js'
 */

export { ApiError, describeError } from './api-error.js';

/**
 * @param {string} path
 * @param {RequestInit} [request]
 * @returns {Promise<any>} the reply's JSON
 * @throws {ApiError} also `offline`; an abort by the caller's signal stays an `AbortError`
 */
export async function call(path, request) {
  const reply = await reach(path, request);
  const body = await reply.json().catch(() => null);
  if (reply.ok && body !== null) return body;
  throw failed(ApiError.fromReply(reply.status, body));
}

/** Leads to the login where it is missing, or where it has ended. @param {ApiError} error */
function failed(error) {
  if (error.code === 'unauthorised') goToLogin();
  if (error.code === 'bad_csrf_token') forgetSession();
  return error;
}

/** @param {string} path @param {RequestInit} [request] */
async function reach(path, request) {
  try {
    const token = request?.method === undefined ? {} : await csrfHeader();
    return await fetch(path, { ...request, headers: { Accept: 'application/json', ...token, ...request?.headers } });
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error;
    throw ApiError.offline();
  }
}

/** @param {string} name */
const personPath = (name) => `/people/${encodeURIComponent(name)}`;
/** @param {string} name @param {string} example */
const examplePath = (name, example) => `${personPath(name)}/examples/${encodeURIComponent(example)}`;

/** Where the picture of an example is. @param {string} name @param {string} example */
export const cropUrl = (name, example) => `${examplePath(name, example)}/crop`;

/**
 * Enrols one photo, under `name` or else under its file's name. `face` chooses among the faces that `several_faces`
 * listed for the same bytes. `onProgress` gets the part of the bytes that has been sent, 0..1.
 * @param {Blob} photo
 * @param {{ name?: string, face?: number, onProgress?: (fraction: number) => void }} [options]
 * @returns {Promise<Enrolled>}
 * @throws {ApiError}
 */
export async function upload(photo, { name, face, onProgress } = {}) {
  const token = await csrfHeader();
  const form = new FormData();
  form.append('file', photo, photo instanceof File ? photo.name : 'photo.jpg');
  if (name !== undefined) form.append('name', name);
  if (face !== undefined) form.append('face', String(face));
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(ApiError.offline());
    request.onload = () => {
      const reply = request.response;
      if (request.status === 201 && reply) resolve(reply.enrolled[0]);
      else reject(failed(ApiError.fromReply(request.status, reply)));
    };
    request.open('POST', '/upload');
    for (const [header, value] of Object.entries({ Accept: 'application/json', ...token }))
      request.setRequestHeader(header, value);
    request.responseType = 'json';
    request.send(form);
  });
}

/** @param {Blob} photo */
const rawPhoto = (photo) => ({
  method: 'POST',
  body: photo,
  headers: { 'Content-Type': photo.type.startsWith('image/') ? photo.type : 'application/octet-stream' },
});

/**
 * Names every face in a photo.
 * @param {Blob} photo
 * @param {{ session?: string, signal?: AbortSignal }} [options] `session`: of the camera whose frame it is
 * @returns {Promise<Recognition>}
 */
export const recognize = (photo, { session, signal } = {}) =>
  call(session === undefined ? '/recognize' : `/recognize?session=${session}`, { ...rawPhoto(photo), signal });

/** Finds every face in a photo. @param {Blob} photo @param {{ signal?: AbortSignal }} [options] @returns {Promise<Detection>} */
export const detect = (photo, { signal } = {}) => call('/detect', { ...rawPhoto(photo), signal });

/** Compares the largest faces of two photos. @param {Blob} first @param {Blob} second @param {{ signal?: AbortSignal }} [options] @returns {Promise<Verification>} */
export function verify(first, second, { signal } = {}) {
  const body = new FormData();
  body.append('file', first, 'first');
  body.append('file', second, 'second');
  return call('/verify', { method: 'POST', body, signal });
}

/** @param {{ search?: string, group?: string, page?: number, size?: number }} [query] `group` empty for everybody @param {{ signal?: AbortSignal }} [options] @returns {Promise<PeoplePage>} */
export function listPeople({ search = '', group = '', page = 1, size = 50 } = {}, { signal } = {}) {
  const query = new URLSearchParams({ search, page: String(page), size: String(size), ...(group && { group }) });
  return call(`/people?${query}`, { signal });
}

/** @param {string} name @returns {Promise<Person>} */
export const getPerson = (name) => call(personPath(name));

/** Every group that somebody is in. @param {{ signal?: AbortSignal }} [options] @returns {Promise<Group[]>} */
export const listGroups = async ({ signal } = {}) => (await call('/groups', { signal })).groups;

/** @param {'PATCH' | 'POST'} method @param {object} body */
export const json = (method, body) => ({
  method,
  body: JSON.stringify(body),
  headers: { 'Content-Type': 'application/json' },
});

/** @param {string} name @param {PersonChange} change @returns {Promise<Person>} */
export const changePerson = (name, change) => call(personPath(name), json('PATCH', change));

/** The photos of `from` become those of `into`. @param {string} from @param {string} into @returns {Promise<Person>} */
export const mergePeople = (from, into) => call('/people/merge', json('POST', { from, into }));

/** @param {string} name */
export const deletePerson = (name) => call(personPath(name), { method: 'DELETE' });

/** @param {string} name @param {string} example */
export const deleteExample = (name, example) => call(examplePath(name, example), { method: 'DELETE' });

/** The server's own. @returns {Promise<Camera[]>} */
export const listCameras = () => call('/cameras').then(({ cameras }) => cameras);

/** @returns {Promise<ServerStatus>} */
export const status = () => call('/status');

/**
 * Which threshold suits the gallery.
 * @param {number} far the wanted share of strangers who are given a name
 * @param {{ signal?: AbortSignal }} [options]
 * @returns {Promise<Calibration>}
 */
export const calibration = (far, { signal } = {}) => call(`/calibration?far=${far}`, { signal });
