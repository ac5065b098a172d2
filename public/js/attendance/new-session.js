import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { currentLocale } from '../i18n.js';
import { icon } from '../icons.js';
import { failureNotice } from '../notice.js';
import { timeOf } from './words.js';

/** @import { Translate } from '../i18n.js' */

const EVERYONE = 'everyone';
const LIST = 'list';
const GROUP = 'group:';

/** The form for a new session: offers the groups and cameras of the server. @param {Translate} t */
export async function setUpNewSession(t) {
  const who = $('#who').append(
    $('<option>').val(EVERYONE).text(t('attendance.everyone')),
    $('<option>').val(LIST).text(t('attendance.list')),
  );
  who.on('change', () => $('#names-field').prop('hidden', who.val() !== LIST));
  $('#new-session').on('submit', (event) => {
    event.preventDefault();
    void start(t);
  });
  const [groups, cameras] = await Promise.all([rostro.groups().catch(() => []), rostro.cameras.list().catch(() => [])]);
  who.prepend(groups.map(({ name, people }) => $('<option>').val(`${GROUP}${name}`).text(`${name} (${people})`)));
  who.val(groups.length > 0 ? `${GROUP}${groups[0].name}` : EVERYONE);
  $('#source-camera').append(
    $('<option>').val('').text(t('attendance.noCamera')),
    cameras.map(({ id, name }) => $('<option>').val(id).text(name)),
  );
  $('#camera-field').prop('hidden', cameras.length === 0);
}

/** @param {Translate} t */
async function start(t) {
  const field = (/** @type {string} */ id) => String($(id).val() ?? '').trim();
  const who = field('#who');
  const notice = $('#new-session-notice').empty();
  const button = $('#new-session button[type=submit]').prop('disabled', true);
  try {
    const group = who.startsWith(GROUP) ? who.slice(GROUP.length) : undefined;
    const people = who === LIST ? await listedPeople(field('#names'), t) : undefined;
    const today = new Date().toLocaleDateString(currentLocale(), { dateStyle: 'medium' });
    const title = field('#title') || [group, today].filter(Boolean).join(', ');
    const camera = field('#source-camera') || null;
    const { id } = await rostro.attendance.open({ title, group, people, lateAfter: timeOf(field('#late')), camera });
    location.assign(`attendance.html?session=${encodeURIComponent(id)}`);
  } catch (error) {
    button.prop('disabled', false);
    notice.append(error instanceof UnknownNames ? namesNotice(error.message) : failureNotice(error, t));
  }
}

class UnknownNames extends Error {}

/**
 * The enrolled names of a list, whatever its accents, case and spaces.
 * @param {string} text a name a line @param {Translate} t
 * @returns {Promise<string[]>}
 * @throws {UnknownNames}
 */
async function listedPeople(text, t) {
  const wanted = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (wanted.length === 0) throw new UnknownNames(t('attendance.noNames'));
  /** @type {Map<string, string[]>} */
  const enrolled = new Map();
  for await (const { name } of rostro.people.all())
    enrolled.set(folded(name), [...(enrolled.get(folded(name)) ?? []), name]);
  const found = wanted.map((line) => {
    const names = enrolled.get(folded(line)) ?? [];
    return names.find((name) => name.normalize() === line.normalize()) ?? (names.length === 1 ? names[0] : null);
  });
  const unknown = wanted.filter((_, i) => found[i] === null);
  if (unknown.length > 0) throw new UnknownNames(t('attendance.unknownNames', { names: unknown.join(', ') }));
  return found.filter((name) => name !== null);
}

/** @param {string} text */
function folded(text) {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/\s+/g, ' ').trim().toLowerCase();
}

/** @param {string} text */
function namesNotice(text) {
  return $('<div class="alert alert-warning notice" role="alert">').append(icon('alert'), $('<span>').text(text));
}
