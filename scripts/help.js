import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Marked, Renderer } from 'marked';

const docs = fileURLToPath(new URL('../docs', import.meta.url));
/** About the source, with drawings that a browser does not render. */
const LEFT_OUT = ['architecture.md'];

/**
 * Renders docs/*.md to HTML, one file a page, and copies the images that they show. docs/README.md becomes index.html,
 * and its tables the navigation.
 * @param {string} folder
 */
export function buildHelp(folder) {
  const index = readFileSync(join(docs, 'README.md'), 'utf8');
  const names = readdirSync(docs).filter((name) => name.endsWith('.md') && !LEFT_OUT.includes(name));
  const navigation = navigationOf(index, names);
  mkdirSync(folder, { recursive: true });
  for (const name of names) {
    const { title, html, images } = render(readFileSync(join(docs, name), 'utf8'), names);
    writeFileSync(join(folder, htmlName(name)), page({ title, html, navigation, current: htmlName(name) }));
    for (const image of images) {
      const target = join(folder, imageName(image));
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(docs, image), target);
    }
  }
}

/**
 * Ids of headings as GitHub makes them.
 * @returns {(heading: string) => string} for the headings of one page, in their order
 */
export function slugger() {
  /** @type {Map<string, number>} */
  const seen = new Map();
  return (heading) => {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  };
}

/** @param {string} name */
const htmlName = (name) => (name === 'README.md' ? 'index.html' : name.replace(/\.md$/, '.html'));

/** @param {string} path */
const imageName = (path) => `images/${posix.basename(path)}`;

/**
 * @param {string} markdown
 * @param {readonly string[]} names the pages that there are
 */
function render(markdown, names) {
  const slug = slugger();
  /** @type {string[]} */
  const images = [];
  let title = '';
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const text = this.parser.parseInline(tokens, this.parser.textRenderer);
        if (depth === 1) title = text;
        return `<h${depth} id="${slug(unescaped(text))}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link(token) {
        const html = this.parser.parseInline(token.tokens);
        const href = linkTo(token.href, names);
        return href === null ? html : `<a href="${href}">${html}</a>`;
      },
      image({ href, text }) {
        if (!existsSync(join(docs, href))) throw new Error(`docs/ shows ${href}, which is not there`);
        images.push(href);
        return `<img src="${imageName(href)}" alt="${text}">`;
      },
      table(token) {
        return `<div class="help-scroll" tabindex="0">${Renderer.prototype.table.call(this, token)}</div>`;
      },
      code({ text, lang }) {
        return `<pre tabindex="0"><code class="language-${lang ?? 'text'}">${escaped(text)}</code></pre>\n`;
      },
    },
  });
  const html = /** @type {string} */ (marked.parse(markdown));
  return { title, html, images };
}

/**
 * @param {string} href
 * @param {readonly string[]} names
 * @returns {string | null} null for a file of the source, which the server does not have
 */
function linkTo(href, names) {
  if (/^(https?:|#|\/)/.test(href)) return href;
  const [path, anchor] = href.split('#');
  if (!names.includes(path)) return null;
  return htmlName(path) + (anchor === undefined ? '' : `#${anchor}`);
}

/**
 * @param {string} index docs/README.md: a bold line begins a group, a row of a table is a page
 * @param {readonly string[]} names
 */
function navigationOf(index, names) {
  const lines = index.matchAll(/^\*\*(?<group>.+)\*\*$|^\| \[(?<title>[^\]]+)\]\((?<name>[\w-]+\.md)\)/gm);
  /** @type {{ group: string, pages: { title: string, href: string }[] }[]} */
  const groups = [];
  for (const { groups: found = {} } of lines) {
    if (found.group) groups.push({ group: found.group, pages: [] });
    else if (names.includes(found.name)) groups.at(-1)?.pages.push({ title: found.title, href: htmlName(found.name) });
  }
  return groups;
}

/**
 * @param {{ title: string, html: string, navigation: ReturnType<typeof navigationOf>, current: string }} parts `title` as HTML
 */
function page({ title, html, navigation, current }) {
  /** @param {{ title: string, href: string }} entry */
  const entry = (entry) =>
    `<li><a href="${entry.href}"${entry.href === current ? ' aria-current="page"' : ''}>${entry.title}</a></li>`;
  const groups = navigation.map(({ group, pages }) => `<h2>${group}</h2><ul>${pages.map(entry).join('')}</ul>`);
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${title} · Rostro</title>
    <link rel="icon" href="../img/logo.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="../vendor/bootstrap/css/bootstrap.min.css" />
    <link rel="stylesheet" href="../css/rostro.css" />
    <link rel="stylesheet" href="../css/help.css" />
    <script src="../js/early-theme.js"></script>
  </head>
  <body>
    <a class="skip-link" href="#text">Skip to the content</a>
    <header id="header">
      <div class="container">
        <a class="brand" href="../"><img src="../img/logo.svg" alt="" width="28" height="28" />Rostro</a>
        <nav aria-label="Help">
          <a class="nav-link" href="./"${current === 'index.html' ? ' aria-current="page"' : ''}>Help</a>
          <a class="nav-link" href="../docs/">API reference</a>
          <a class="nav-link help-to-pages" href="#pages">All pages</a>
        </nav>
      </div>
    </header>
    <div class="container help">
      <main class="help-text" id="text" tabindex="-1">
${html}      </main>
      <nav class="help-pages" id="pages" aria-label="Pages of the help">${groups.join('')}</nav>
    </div>
  </body>
</html>
`;
}

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** @param {string} html */
const unescaped = (html) =>
  html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
