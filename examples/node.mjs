// Enrols a person, recognises a photo, lists the people and deletes the person, with rostro/client.
// The person is named "Rostro Example" and is deleted at the end. Node.js 24, 22 or 20.9.
//
//   node examples/node.mjs ada.jpg frame.jpg
//
// ROSTRO_URL  the server, default http://localhost:5000
// ROSTRO_KEY  an access key of the scope "admin", if the server has keys
//
// In a copy of the source run `npm run build` first. In your own project install the package `rostro`.
import { openAsBlob } from 'node:fs';
import { Rostro, RostroApiError } from 'rostro/client';

const NAME = 'Rostro Example';
const [photoToEnrol, photoToRecognise] = process.argv.slice(2);
if (photoToRecognise === undefined) {
  console.error('usage: node.mjs PHOTO_TO_ENROL PHOTO_TO_RECOGNISE');
  process.exit(2);
}
const { ROSTRO_URL = 'http://localhost:5000', ROSTRO_KEY } = process.env;
const rostro = new Rostro({ url: ROSTRO_URL, key: ROSTRO_KEY });

try {
  await rostro.enrol(await openAsBlob(photoToEnrol), { name: NAME });

  const { faces } = await rostro.recognize(await openAsBlob(photoToRecognise));
  for (const { name, distance, threshold } of faces) {
    console.log(`Recognised: ${name ?? 'unknown'} (distance ${distance}, threshold ${threshold})`);
  }

  for await (const { name } of rostro.people.all()) console.log(`Enrolled: ${name}`);

  await rostro.people.delete(NAME);
  console.log(`Deleted: ${NAME}`);
} catch (error) {
  if (!(error instanceof RostroApiError)) throw error;
  // `code` is stable, such as no_face, several_faces or unauthorised; docs/http-api.md lists all codes.
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
