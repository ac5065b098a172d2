import $ from '../../vendor/jquery/jquery.module.min.js';
import { icon } from '../icons.js';

/**
 * A crop, loaded when it comes into view; an icon if there is none.
 * @param {string | null} url
 * @param {string} alt
 * @returns {JQuery}
 */
export function faceThumbnail(url, alt) {
  const frame = $('<div class="thumbnail">');
  const placeholder = () => frame.empty().append(icon('person'));
  if (url === null) return placeholder();
  const picture = $('<img loading="lazy" decoding="async" width="72" height="72">').attr({ src: url, alt });
  return frame.append(picture.on('error', placeholder));
}
