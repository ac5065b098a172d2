/**
 * @import { AttendancePicture } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/** What a picture did, in a sentence. @param {Pick<AttendancePicture, 'faces' | 'facesFound'>} picture @param {Translate} t */
export function pictureWords({ faces, facesFound }, t) {
  if (facesFound === 0) return t('attendance.picture.none');
  const expected = faces.filter((face) => face.expected);
  const counts = {
    present: expected.filter(({ state }) => state === 'present').length,
    doubtful: expected.filter(({ state }) => state === 'doubtful').length,
    cut: faces.filter(({ cutOff }) => cutOff).length,
    strangers: faces.filter(({ person, cutOff }) => person === null && !cutOff).length,
    others: faces.filter((face) => face.person !== null && !face.expected && !face.cutOff).length,
    small: facesFound - faces.length,
  };
  const parts = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => t(`attendance.picture.${name}`, { count }));
  return [t('attendance.picture.faces', { count: facesFound }), ...parts].join(' · ');
}
