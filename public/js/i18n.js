/**
 * @typedef {'en' | 'es'} Language
 * @typedef {Record<Language, Record<string, string>>} StringTable
 * @typedef {(key: string, params?: Record<string, string | number>) => string} Translate
 * @typedef {{ t: Translate, language: Language, setLanguage: (language: Language) => void }} Translator
 */

const STORED_LANGUAGE = 'rostro.language';

/** The languages the page speaks, each by its own name. @type {Record<Language, string>} */
export const LANGUAGES = { en: 'English', es: 'Español' };

/** What the reader chose, else the first of the browser's languages that the page speaks. @returns {Language} */
export function currentLanguage() {
  const wanted = [localStorage.getItem(STORED_LANGUAGE) ?? '', ...navigator.languages];
  const known = wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in LANGUAGES);
  return /** @type {Language} */ (known ?? 'en');
}

/** The reader's own region of that language where the browser knows it: it decides how a date is written. */
export function currentLocale() {
  const language = currentLanguage();
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith(language)) ?? language;
}

/** Remembers the choice and starts the page again in that language. @param {Language} language */
export function setLanguage(language) {
  localStorage.setItem(STORED_LANGUAGE, language);
  location.reload();
}

/**
 * `t(key, params)` gives the sentence with its `{placeholders}` filled in; where `params.count` is a number and the
 * table has `<key>.one` and `<key>.other`, the language's plural rule chooses between them. An unknown key comes back as it is.
 * @param {...StringTable} tables later tables win
 * @returns {Translator}
 */
export function createTranslator(...tables) {
  const language = currentLanguage();
  const strings = Object.assign({}, ...tables.map(({ en }) => en), ...tables.map((table) => table[language]));
  const plural = new Intl.PluralRules(language);
  /** @type {Translate} */
  const t = (key, params = {}) => {
    const form = typeof params.count === 'number' ? `${key}.${plural.select(params.count)}` : key;
    const text = strings[form] ?? strings[`${key}.other`] ?? strings[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (/** @type {string} */ whole, /** @type {string} */ name) =>
      formatted(params[name], whole),
    );
  };
  return { t, language, setLanguage };
}

/** @param {string | number | undefined} value @param {string} fallback */
function formatted(value, fallback) {
  if (typeof value === 'number') return value.toLocaleString(currentLocale());
  return value ?? fallback;
}

/**
 * Fills every element of the page that names its text: `data-i18n="key"` its text,
 * `data-i18n-attr="title:key;aria-label:key"` its attributes. Also sets the document's language.
 * @param {Translate} t
 * @param {ParentNode} [root]
 */
export function translatePage(t, root = document) {
  document.documentElement.lang = currentLanguage();
  for (const element of root.querySelectorAll('[data-i18n]')) {
    element.textContent = t(element.getAttribute('data-i18n') ?? '');
  }
  for (const element of root.querySelectorAll('[data-i18n-attr]')) {
    for (const pair of (element.getAttribute('data-i18n-attr') ?? '').split(';')) {
      const [attribute, key] = pair.split(':').map((part) => part.trim());
      if (attribute && key) element.setAttribute(attribute, t(key));
    }
  }
}
