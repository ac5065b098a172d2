import $ from '../../vendor/jquery/jquery.module.min.js';

/**
 * @import { Box, ImageSize } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/**
 * Places a button on every face of a photo, of which one can be chosen. Ordered from left to right.
 * @param {JQuery} photo element that the photo fills
 * @param {{ image: ImageSize, faces: readonly { box: Box }[] }} found
 * @param {Translate} t
 * @param {(face: number) => void} onChoose gets the face's index in `found.faces`
 */
export function mountFacePicker(photo, { image, faces }, t, onChoose) {
  const order = faces.map((_face, index) => index).sort((a, b) => faces[a].box.x - faces[b].box.x);
  const group = $('<div class="face-picker" role="group">').attr('aria-label', t('picker.label'));
  for (const [position, index] of order.entries()) {
    const button = $('<button type="button" class="face" aria-pressed="false">')
      .attr('aria-label', t('picker.face', { number: position + 1, total: faces.length }))
      .append($('<span aria-hidden="true">').text(position + 1))
      .css(placed(faces[index].box, image))
      .on('click', () => {
        group.children().attr('aria-pressed', 'false');
        button.attr('aria-pressed', 'true');
        onChoose(index);
      });
    group.append(button);
  }
  photo.append(group);
}

/** The part of a box that lies inside the photo, in percent of it. @param {Box} box @param {ImageSize} image */
function placed(box, image) {
  const left = Math.max(0, box.x);
  const top = Math.max(0, box.y);
  const right = Math.min(image.width, box.x + box.width);
  const bottom = Math.min(image.height, box.y + box.height);
  return {
    left: `${(100 * left) / image.width}%`,
    top: `${(100 * top) / image.height}%`,
    width: `${(100 * (right - left)) / image.width}%`,
    height: `${(100 * (bottom - top)) / image.height}%`,
  };
}
