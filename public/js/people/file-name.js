/** A dot and what follows it, where that is one word: the server's own rule for the name in a file's name. */
const EXTENSION = /\.[^.\s]*$/u;

/** Words that cameras, phones, messengers and browsers put into the names of their files. */
const CAMERA_WORD =
  /\b(img|image|imagen|images|photo|foto|picture|dsc|dscn|dscf|dcim|pxl|mvimg|gopr|p|wp|whatsapp|signal|telegram|screenshot|captura|de|pantalla|screen|shot|snap|snapshot|at|a|la|las|am|pm|edited|copy|copia|portrait|night|burst|cover|wa)\b/gi;

/** The name in a photo's file name: all but the extension. @param {string} fileName */
export function nameFromFile(fileName) {
  return fileName.replace(EXTENSION, '').trim();
}

/** Whether a device made up the file's name, so that it says nothing of the person. @param {string} fileName */
export function isCameraName(fileName) {
  const words = nameFromFile(fileName).replace(/[\d_]+/g, ' ');
  return !/\p{L}/u.test(words.replace(CAMERA_WORD, ''));
}
