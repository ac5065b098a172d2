import { currentLocale } from '../i18n.js';
import { strangersText } from '../strangers.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { Decision, SeenFace } from './types.js'
 */

const twoDecimals = new Intl.NumberFormat(currentLocale(), { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Formats a distance or threshold. @param {number} distance */
export const distanceText = (distance) => twoDecimals.format(distance);

/** The name of a face and how certain it is. @param {Pick<SeenFace, 'withheld'>} face @param {Decision} decision @param {Translate} t */
export function faceName({ withheld }, { certainty, name }, t) {
  if (withheld) return t('face.withheldName');
  if (certainty === 'known' && name !== null) return name;
  if (certainty === 'unknown') return t('certainty.unknown');
  if (name === null) return t('face.doubtfulUnknown');
  return t('face.doubtfulName', { name });
}

/** The label of a box, beside which the overlay draws the shield of the verdict. @param {SeenFace} face @param {Decision} decision @param {Translate} t */
export function faceLabel(face, decision, t) {
  const parts = [faceName(face, decision, t)];
  if (face.distance !== null) parts.push(distanceText(face.distance));
  if (face.live?.verdict === 'spoof') parts.push(t('liveness.mark.spoof'));
  return parts.join(' · ');
}

/** The distance and the reason for a doubt, or why there is no name. @param {SeenFace} face @param {Decision} decision @param {Translate} t */
export function faceDetail({ withheld, ...face }, decision, t) {
  return withheld ? t('face.withheld') : matchDetail(face, decision, t);
}

/** Whether the face is that of a living person. @param {NonNullable<SeenFace['live']>} live @param {Translate} t */
export function livenessText({ verdict, why }, t) {
  const text = t(`liveness.${verdict}`);
  return verdict === 'unsure' ? `${text}: ${t(`liveness.why.${why}`)}` : text;
}

/** @param {Omit<SeenFace, 'withheld'>} face @param {Decision} decision @param {Translate} t */
function matchDetail({ distance, falseMatchRate, nearest, runnerUp }, { certainty, name, doubt }, t) {
  if (distance === null || nearest === null) return t('face.nobody');
  const far = distanceText(distance);
  const parts = certainty === 'unknown' ? [] : [t(`certainty.${certainty}`)];
  parts.push(t(name === null ? 'face.distanceTo' : 'face.distance', { distance: far, name: nearest }));
  if (falseMatchRate !== null) parts.push(t('strangers.near', { strangers: strangersText(falseMatchRate, t) }));
  if (doubt === 'edge') parts.push(t('face.edge'));
  if (doubt === 'cutOff') parts.push(t('face.cutOff'));
  if (doubt === 'runnerUp' && runnerUp) {
    parts.push(t('face.runnerUp', { name: runnerUp.name, distance: distanceText(runnerUp.distance) }));
  }
  return parts.join(', ');
}
