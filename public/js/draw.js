/**
 * @import { Box, DetectedFace } from '/client/index.js'
 */

const DEFAULT_COLOUR = '#2f7df6';
const FONT = 'system-ui, sans-serif';

/**
 * Draws boxes, labels and landmarks on a canvas. Neither resizes nor clears it.
 * @template {{ box: Box, landmarks?: DetectedFace['landmarks'] }} F
 * @param {HTMLCanvasElement} canvas
 * @param {readonly F[]} faces
 * @param {object} options
 * @param {number} options.scale canvas pixels per pixel of the upright photo
 * @param {(face: F, index: number) => string} [options.colourOf] a `#rrggbb` colour
 * @param {(face: F, index: number) => string | null} [options.labelOf] text on the box, null for none
 * @param {boolean} [options.landmarks] draw the five points too
 */
export function drawFaces(canvas, faces, { scale, colourOf = () => DEFAULT_COLOUR, labelOf, landmarks = false }) {
  const context = canvas.getContext('2d');
  if (!context) return;
  const stroke = Math.max(2, Math.min(canvas.width, canvas.height) / 130);
  faces.forEach((face, index) => {
    const colour = colourOf(face, index);
    const box = scaled(face.box, scale);
    drawBox(context, box, colour, stroke);
    if (landmarks) drawLandmarks(context, face.landmarks ?? [], scale, colour, stroke);
    const label = labelOf?.(face, index);
    if (label) drawLabel(context, label, box, colour, stroke);
  });
}

/** @param {Box} box @param {number} scale */
function scaled({ x, y, width, height }, scale) {
  return { x: x * scale, y: y * scale, width: width * scale, height: height * scale };
}

/** @param {CanvasRenderingContext2D} context @param {Box} box @param {string} colour @param {number} stroke */
function drawBox(context, { x, y, width, height }, colour, stroke) {
  context.beginPath();
  context.roundRect(x, y, width, height, 2 * stroke);
  context.lineWidth = 2 * stroke;
  context.strokeStyle = 'rgba(0, 0, 0, 0.35)';
  context.stroke();
  context.lineWidth = stroke;
  context.strokeStyle = colour;
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {readonly { x: number, y: number }[]} points @param {number} scale @param {string} colour @param {number} stroke */
function drawLandmarks(context, points, scale, colour, stroke) {
  for (const { x, y } of points) {
    context.beginPath();
    context.arc(x * scale, y * scale, 1.2 * stroke, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
    context.lineWidth = stroke / 2;
    context.strokeStyle = '#ffffff';
    context.stroke();
  }
}

/**
 * Above the box if there is room, else inside its top; always completely inside the canvas.
 * @param {CanvasRenderingContext2D} context @param {string} label @param {Box} box
 * @param {string} colour @param {number} stroke
 */
function drawLabel(context, label, box, colour, stroke) {
  const { width: canvasWidth, height: canvasHeight } = context.canvas;
  const size = Math.max(13, Math.min(canvasWidth, canvasHeight) / 26);
  context.font = `600 ${size}px ${FONT}`;
  const text = shortened(context, label, canvasWidth - size);
  const width = context.measureText(text).width + 0.8 * size;
  const height = 1.5 * size;
  const x = Math.max(0, Math.min(box.x - stroke / 2, canvasWidth - width));
  const above = box.y - height - stroke;
  const y = Math.min(above >= 0 ? above : Math.max(0, box.y + stroke), canvasHeight - height);
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(x, y, width, height, size / 4);
  context.fill();
  context.fillStyle = readableOn(colour);
  context.textBaseline = 'middle';
  context.fillText(text, x + 0.4 * size, y + height / 2);
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} room */
function shortened(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let letters = Array.from(text);
  while (letters.length > 1 && context.measureText(`${letters.join('')}…`).width > room) letters = letters.slice(0, -1);
  return `${letters.join('')}…`;
}

/** Black or white, whichever contrasts more (WCAG 2 relative luminance). @param {string} colour `#rrggbb` */
export function readableOn(colour) {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const value = parseInt(colour.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance > 0.179 ? '#000000' : '#ffffff';
}
