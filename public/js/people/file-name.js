/** A file extension: a dot and one word. The same rule as on the server. */
const EXTENSION = /\.[^.\s]*$/u;

/** Words that cameras, phones, messengers and browsers use in file names. */
const CAMERA_WORD =
  /\b(img|image|imagen|images|photo|foto|picture|dsc|dscn|dscf|dcim|pxl|mvimg|gopr|p|wp|whatsapp|signal|telegram|screenshot|captura|de|pantalla|screen|shot|snap|snapshot|at|a|la|las|am|pm|edited|copy|copia|portrait|night|burst|cover|wa)\b/gi;

/** The file name without the extension. @param {string} fileName */
export function nameFromFile(fileName) {
  return fileName.replace(EXTENSION, '').trim();
}

/** Whether a device generated the file name, so that it contains no person's name. @param {string} fileName */
export function isCameraName(fileName) {
  const words = nameFromFile(fileName).replace(/[\d_]+/g, ' ');
  return !/\p{L}/u.test(words.replace(CAMERA_WORD, ''));
}
