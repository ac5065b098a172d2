/**
 * Why a name of a file or folder is probably not a person's: a number or letter, a date, a name that a camera, phone or
 * app gave, or a word for people or photos in general.
 */
export type NameDoubt = 'number' | 'date' | 'device' | 'word';

// eslint-disable-next-line no-control-regex -- all of ASCII
const ASCII = /^[\x00-\x7f]*$/;

/** Words that are no person's name, in English, Spanish, German, French and some others. Compared without accents. */
const WORDS = wordSet(`
  admin all app archive archivo archivos backup bilder camera class client clients colleague colleagues company contact contacts
  customer customers data dataset datos department desktop directory document documents download downloads employee
  employees equipo equipe empleado empleados everybody everyone export face faces familia family familie file files folder
  folders friend friends amigos foto fotos gallery gente group groups grupo guest guests headshot headshots image images
  imagen imagenes img import input kollegen logo member members mitarbeiter misc miscellaneous noname nobody output people
  person persona personas persone personal personen personnel persons photo photograph photographs photography photos pic pics
  picture pictures portraits profile profiles public scan scans school screen screenshot screenshots set shared staff student
  students subject subjects team teams test testing thumb thumbnail thumbnails train training unknown unnamed unsorted untitled
  upload uploads user users validation various visitor visitors whats whatsapp workers alumnos album albums avatar avatars blob
  dcim takeout desconocido unbekannt inconnu icon readme sample samples temp tmp caras rostros visages gesichter
  crew cast board faculty teachers pupils residents patients players athletes actors volunteers tenants neighbours neighbors
  profesores vecinos pacientes jugadores empregados funcionarios pessoas rostos persone volti famiglia amici dipendenti
  squadra lehrer schuler bewohner patienten gaste nachbarn mannschaft verein eleves professeurs voisins amis
  finance engineering marketing sales operations legal logistics support warehouse production management administration
  reception ventas administracion contabilidad direccion produccion vertrieb verwaltung lager
  birthday wedding party holiday holidays vacation vacations trip travel christmas xmas easter halloween beach meeting event
  events urlaub hochzeit geburtstag weihnachten vacaciones boda cumpleanos navidad viaje fiesta vacances mariage anniversaire
  voyage weekend work home office indoor indoors outdoor outdoors
  front frontal left right side back profil portrait selfie selfies passport smile smiling neutral glasses sunglasses closeup
  original originals other others otros more extra extras old best edited cropped resized aligned raw favorites favourites selected
  фото фотографии изображение изображения снимок экрана сотрудники люди
  图片 照片 微信图片 截图 屏幕截图 员工 人员 写真 画像 スクリーンショット 사진 이미지 스크린샷 صورة صور`);

/** One of many: with a number, a label of one person. */
const LABELS = wordSet(
  'person persona user subject student employee empleado member mitarbeiter guest visitor client customer',
);

/** What cameras, phones and apps put beside the numbers of their file names. No reason for doubt without a digit. */
const DEVICE_WORDS = wordSet(`
  img imag image dsc dscn dscf dscpdc dcim pxl mvimg mp mg gopr gp gh gx dji cimg kimg hpim pict pic mvc wp whats whatsapp app wa
  telegram cloud size signal screenshot screenshots screencap shot screen bildschirmfoto bildschirm captura capture pantalla ecran
  scan scanned scanner camscanner snapchat snap snapshot webcam cam camera kamera camara fb received vid video mov movie burst apple
  canon nikon sony msdcf samsung android iphone com facebook instagram messenger wechat mmexport viber export lrm win pro frame
  still collage picsart night cover hdr pano panorama fullsizerender jpeg jpg png heic day roll clip photo photos foto
  bild imagen picture file attachment inbox outbox msg message mail rotate rotated copy copia kopie copie`);

/** Months and seasons: several are given names, so they count only beside a number. */
const DATE_WORDS = wordSet(`
  january february march april may june july august september october november december
  jan feb mar apr jun jul aug sep sept oct nov dec spring summer autumn fall winter
  enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre primavera verano otono invierno
  januar februar marz mai juni juli oktober dezember fruhling sommer herbst
  janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre noel printemps ete automne hiver`);

const FILLERS = wordSet(
  `of the de del la las los el at am pm a an from my our new nuevo nueva neu neue neuer ordner and y und et in on to for with
  con mis meine unsere mes nos photobooth google icloud no nr v`,
);

const UUID_OR_HASH = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=.*\d)[0-9a-f]{16,})$/i;
/** `2021`, `2021-05`, `20210503`, `2021-05-03 10.15.00`, `20210503_101500`; `03.05.2021`. */
const DATE =
  /^\D{0,2}(?:(?:19|20)\d\d(?:$|\D|[01]\d(?:$|\D|[0-3]\d(?:$|\D)))|[0-3]?\d[-._ ][0-3]?\d[-._ ](?:19|20)?\d\d(?:$|\D))/;
/** `P1010001`, `L1000123`. */
const CAMERA_NUMBER = /^_?\p{L}_?\d{5,}$/u;

/**
 * Whether the name of a file (without its extension) or folder is probably no person's. A person may be called so all the
 * same: ask, do not forbid.
 * @returns null for a name that may be a person's
 */
export function doubtOf(name: string): NameDoubt | null {
  const text = plain(name.trim());
  if (UUID_OR_HASH.test(text) || CAMERA_NUMBER.test(text)) return 'device';
  const words = wordsIn(text);
  const hasDigit = /\d/.test(text);
  if (words.length === 0) return hasDigit ? (DATE.test(text) ? 'date' : 'number') : null;
  const meaning = words.filter((word) => !FILLERS.has(word));
  if (meaning.length > 0 && meaning.every((word) => WORDS.has(word)) && !hasDigit) return 'word';
  if (hasDigit) {
    const known = meaning.filter((word) => word.length > 1);
    const isKnown = (...sets: ReadonlySet<string>[]) => known.every((word) => sets.some((set) => set.has(word)));
    if (known.length > 0 && known.some((word) => DEVICE_WORDS.has(word)) && isKnown(DEVICE_WORDS, WORDS, DATE_WORDS)) {
      return 'device';
    }
    if (known.length === 1 && LABELS.has(known[0])) return null;
    if (known.length > 0 && isKnown(WORDS)) return 'word';
    if (isKnown(WORDS, DATE_WORDS) && (known.length > 0 || DATE.test(text))) return 'date';
  }
  return words.length === 1 && /^[a-z]$/.test(words[0]) ? 'number' : null;
}

const LOOKS: Readonly<Record<NameDoubt, string>> = {
  number: 'is a number or a letter',
  date: 'looks like a date',
  device: 'looks like the name that a camera or an app gave the file',
  word: 'is a word for people or photos in general',
};

/** `"IMG_2031" looks like …, not like a person's name.` */
export function doubtSentence(name: string, doubt: NameDoubt): string {
  return `"${name}" ${LOOKS[doubt]}, not a person's name.`;
}

function wordSet(text: string): ReadonlySet<string> {
  return new Set(wordsIn(plain(text)));
}

/** Without accents. */
function plain(text: string): string {
  if (ASCII.test(text)) return text;
  return text.normalize('NFKD').replace(/\p{M}/gu, '');
}

/** In lower case; `GooglePhotos` is two words. */
function wordsIn(text: string): string[] {
  if (ASCII.test(text))
    return (
      text
        .replace(/([a-z])([A-Z])/g, '$1 $2')
        .toLowerCase()
        .match(/[a-z]+/g) ?? []
    );
  return (
    text
      .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
      .toLowerCase()
      .match(/\p{L}+/gu) ?? []
  );
}
