import $ from '../../vendor/jquery/jquery.module.min.js';
import { icon } from '../icons.js';

/** How far from the screen a thumbnail is loaded. Browsers begin up to 2,500 px away, which is most of a page of people. */
const NEAR = '300px';

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      const { srcset = '', src = '' } = /** @type {HTMLElement} */ (target).dataset;
      Object.assign(target, { srcset, src });
    }
  },
  { rootMargin: NEAR },
);

/**
 * A crop as a thumbnail, loaded when it comes into view; an icon if there is none.
 * @param {string | null} url of the crop
 * @param {string} alt
 * @returns {JQuery}
 */
export function faceThumbnail(url, alt) {
  const frame = $('<div class="thumbnail">');
  const placeholder = () => frame.empty().append(icon('person'));
  if (url === null) return placeholder();
  const picture = $(new Image(72, 72)).attr({
    decoding: 'async',
    'data-srcset': `${url}?size=72, ${url}?size=144 2x`,
    'data-src': `${url}?size=144`,
    alt,
  });
  observer.observe(picture[0]);
  return frame.append(picture.on('error', placeholder));
}
