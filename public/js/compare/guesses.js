import $ from '../../vendor/jquery/jquery.module.min.js';
import { currentLocale } from '../i18n.js';

/**
 * @import { AttributeName, FaceAttributes } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/** @type {readonly AttributeName[]} */
export const GUESSED = ['age', 'gender', 'expression', 'pose'];

/** The pose is accurate to about this, docs/http-api.md ("Attributes"). */
const SURE_DEGREES = 10;

const percent = new Intl.NumberFormat(currentLocale(), { style: 'percent' });

/** What was guessed about a face, as a list. @param {FaceAttributes} attributes @param {Translate} t */
export function guessList({ age, gender, expression, pose }, t) {
  const facts = {
    ...(age !== undefined && { age: t('guess.years', { years: Math.round(age) }) }),
    ...(gender && { gender: t(`guess.gender.${gender.value}`, { percent: percent.format(gender.probability) }) }),
    ...(expression && { expression: expressionText(expression, t) }),
    ...(pose !== undefined && { pose: poseText(pose, t) }),
  };
  return $('<dl class="guesses">')
    .attr('aria-label', t('guess.label'))
    .append(
      Object.entries(facts).map(([name, text]) =>
        $('<div>').append($('<dt>').text(t(`guess.${name}`)), $('<dd>').text(text)),
      ),
    );
}

/** @param {NonNullable<FaceAttributes['expression']>} expression @param {Translate} t */
function expressionText({ value, probabilities }, t) {
  return t(`guess.expression.${value}`, { percent: percent.format(probabilities[value]) });
}

/** Angles within the accuracy are left out. @param {NonNullable<FaceAttributes['pose']> | null} pose @param {Translate} t */
function poseText(pose, t) {
  if (pose === null) return t('guess.pose.unknown');
  const parts = [
    angleText(pose.yaw, 'right', 'left', t),
    angleText(pose.pitch, 'up', 'down', t),
    angleText(pose.roll, 'clockwise', 'anticlockwise', t),
  ].flat();
  return parts.length === 0 ? t('guess.pose.straight') : parts.join(', ');
}

/** @param {number} degrees @param {string} positive @param {string} negative @param {Translate} t */
function angleText(degrees, positive, negative, t) {
  if (Math.abs(degrees) < SURE_DEGREES) return [];
  return [t(`guess.pose.${degrees > 0 ? positive : negative}`, { degrees: Math.round(Math.abs(degrees)) })];
}
