import { currentLocale } from '../i18n.js';

/**
 * @import { AttendanceSummary } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

const clock = new Intl.DateTimeFormat(currentLocale(), { timeStyle: 'short' });
const day = new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'full' });
const dayAndClock = new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'medium', timeStyle: 'short' });

/** @param {string} time ISO 8601 */
export function clockTime(time) {
  return clock.format(new Date(time));
}

/** Once where both are the same minute. @param {string} first @param {string} last */
export function timeRange(first, last) {
  const [from, to] = [new Date(first), new Date(last)];
  const isSameDay = from.toDateString() === to.toDateString();
  return isSameDay ? clock.formatRange(from, to) : dayAndClock.formatRange(from, to);
}

/** `3 on time, 1 late`: the parts of the counts that are not zero. @param {AttendanceSummary['counts']} counts @param {Translate} t */
export function otherCounts({ late, doubtful, absent }, t) {
  const parts = { late, doubtful, absent };
  return Object.entries(parts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => t(`attendance.count.${name}`, { count }))
    .join(' · ');
}

/** @param {AttendanceSummary} session @param {Translate} t */
export function sessionFacts({ created, group, camera, ended }, t) {
  return [
    day.format(new Date(created)),
    group ?? '',
    camera === null ? '' : t('attendance.byCamera', { camera }),
    ended === null ? '' : t('attendance.ended', { time: clockTime(ended) }),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** The time of today, or of the day of `date`, as ISO 8601; null for an empty field. @param {string} text `08:05` @param {Date} [date] */
export function timeOf(text, date = new Date()) {
  if (!/^\d\d:\d\d/.test(text)) return null;
  const [hours, minutes] = text.split(':').map(Number);
  const time = new Date(date);
  time.setHours(hours, minutes, 0, 0);
  return time.toISOString();
}

/** For `<input type="time">`. @param {string | null} time */
export function timeField(time) {
  if (time === null) return '';
  const date = new Date(time);
  return [date.getHours(), date.getMinutes()].map((number) => String(number).padStart(2, '0')).join(':');
}
