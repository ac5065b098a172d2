import { readableOn } from '../draw.js';
import { SHIELD_SIDE, SHIELDS } from './shields.js';

/**
 * @import { Certainty } from './types.js'
 * @import { Track } from './tracks.js'
 * @import { Verdict } from './shields.js'
 * @typedef {{ certainty: Certainty, label: string, verdict: Verdict | null }} Look `verdict` draws a shield beside the label
 */

/** Differ in the line as well as in the colour. @type {Record<Certainty, { colour: string, dash: number[] }>} */
export const STYLES = {
  known: { colour: '#35c77b', dash: [] },
  doubtful: { colour: '#f5b83d', dash: [14, 8] },
  unknown: { colour: '#ff7a6b', dash: [1, 8] },
};

const LINE_PX = 3;
const RADIUS_PX = 10;
const FONT_PX = 15;
const LABEL_HEIGHT_PX = 26;
const LABEL_PADDING_PX = 9;
const SHIELD_PX = 17;
const SHIELD_GAP_PX = 6;

/**
 * Draws each face's box and label over the video. Sizes are CSS pixels; the canvas covers the video exactly.
 * @param {CanvasRenderingContext2D} context scaled to CSS pixels
 * @param {{ width: number, height: number }} size of the canvas
 * @param {readonly Track[]} tracks
 * @param {(track: Track) => Look} lookOf
 */
export function drawOverlay(context, size, tracks, lookOf) {
  context.clearRect(0, 0, size.width, size.height);
  const faces = tracks.map((track) => {
    const { x, y, width, height } = track.box;
    const box = {
      x: x * size.width,
      y: y * size.height,
      width: width * size.width,
      height: height * size.height,
    };
    return { box, look: lookOf(track) };
  });
  for (const { box, look } of faces) drawBox(context, box, STYLES[look.certainty]);
  // After the boxes, whose lines would cross a label.
  for (const { box, look } of faces) drawLabel(context, look, box, size);
}

/** @param {CanvasRenderingContext2D} context @param {{ x: number, y: number, width: number, height: number }} box @param {{ colour: string, dash: number[] }} style */
function drawBox(context, { x, y, width, height }, { colour, dash }) {
  context.beginPath();
  context.roundRect(x, y, width, height, Math.min(RADIUS_PX, width / 4));
  context.setLineDash([]);
  context.lineCap = 'round';
  context.lineWidth = LINE_PX + 2;
  context.strokeStyle = 'rgb(0 0 0 / 45%)';
  context.stroke();
  context.setLineDash(dash);
  context.lineWidth = LINE_PX;
  context.strokeStyle = colour;
  context.stroke();
}

/**
 * Above the box if there is room, else inside its top; always completely inside the picture.
 * @param {CanvasRenderingContext2D} context @param {Look} look @param {{ x: number, y: number }} box
 * @param {{ width: number, height: number }} size
 */
function drawLabel(context, { certainty, label, verdict }, box, size) {
  const { colour } = STYLES[certainty];
  const shield = verdict === null ? 0 : SHIELD_PX + SHIELD_GAP_PX;
  context.font = `600 ${FONT_PX}px system-ui, sans-serif`;
  const text = shortened(context, label, size.width - 2 * LABEL_PADDING_PX - shield);
  const width = context.measureText(text).width + 2 * LABEL_PADDING_PX + shield;
  const x = Math.max(0, Math.min(box.x - LINE_PX / 2, size.width - width));
  const above = box.y - LABEL_HEIGHT_PX - LINE_PX - 2;
  const y = Math.min(above >= 0 ? above : Math.max(0, box.y + LINE_PX), size.height - LABEL_HEIGHT_PX);
  context.beginPath();
  context.roundRect(x, y, width, LABEL_HEIGHT_PX, 7);
  context.fillStyle = colour;
  context.fill();
  context.fillStyle = readableOn(colour);
  context.textBaseline = 'middle';
  context.fillText(text, x + LABEL_PADDING_PX + shield, y + LABEL_HEIGHT_PX / 2 + 1);
  if (verdict !== null)
    drawShield(context, verdict, x + LABEL_PADDING_PX, y + (LABEL_HEIGHT_PX - SHIELD_PX) / 2, colour);
}

/** @param {CanvasRenderingContext2D} context @param {Verdict} verdict @param {number} x @param {number} y @param {string} colour of the label */
function drawShield(context, verdict, x, y, colour) {
  context.save();
  context.translate(x, y);
  context.scale(SHIELD_PX / SHIELD_SIDE, SHIELD_PX / SHIELD_SIDE);
  context.setLineDash([]);
  context.lineWidth = 2.4;
  context.strokeStyle = readableOn(colour);
  context.stroke(new Path2D(SHIELDS[verdict]));
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} room */
function shortened(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  const letters = Array.from(text);
  while (letters.length > 1 && context.measureText(`${letters.join('')}…`).width > room) letters.pop();
  return `${letters.join('')}…`;
}
