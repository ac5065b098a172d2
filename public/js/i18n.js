/**
 * @typedef {'en' | 'es'} Language
 * @typedef {Record<Language, Record<string, string>>} StringTable
 * @typedef {(key: string, params?: Record<string, string | number>) => string} Translate
 * @typedef {{ t: Translate, language: Language, setLanguage: (language: Language) => void }} Translator
 */

const STORED_LANGUAGE = 'rostro.language';

/** The languages of the page with their own names. @type {Record<Language, string>} */
export const LANGUAGES = { en: 'English', es: 'Español' };

/** What the reader chose, else the first of the browser's languages that the page speaks. @returns {Language} */
export function currentLanguage() {
  const wanted = [localStorage.getItem(STORED_LANGUAGE) ?? '', ...navigator.languages];
  const known = wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in LANGUAGES);
  return /** @type {Language} */ (known ?? 'en');
}

/** The browser's locale for the language, with its region if known, for date formats. */
export function currentLocale() {
  const language = currentLanguage();
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith(language)) ?? language;
}

/** Stores the choice and reloads the page. @param {Language} language */
export function setLanguage(language) {
  localStorage.setItem(STORED_LANGUAGE, language);
  location.reload();
}

/**
 * `t(key, params)` returns the text with its `{placeholders}` filled in. If `params.count` is a number and the table has
 * `<key>.one` and `<key>.other`, the language's plural rule selects one. An unknown key is returned as it is.
 * @param {...StringTable} tables later tables win
 * @returns {Translator}
 */
export function createTranslator(...tables) {
  const language = currentLanguage();
  const strings = Object.assign({}, ...tables.map(({ en }) => en), ...tables.map((table) => table[language]));
  const plural = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(currentLocale());
  /** @type {Translate} */
  const t = (key, params = {}) => {
    const form = typeof params.count === 'number' ? `${key}.${plural.select(params.count)}` : key;
    const text = strings[form] ?? strings[`${key}.other`] ?? strings[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (/** @type {string} */ whole, /** @type {string} */ name) => {
      const value = params[name];
      return typeof value === 'number' ? numbers.format(value) : (value ?? whole);
    });
  };
  return { t, language, setLanguage };
}

/**
 * Translates all elements with these attributes: `data-i18n="key"` its text,
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
