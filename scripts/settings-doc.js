import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import {
  CHANGEABLE_NAMES,
  describeDefault,
  describeSetting,
  SECTIONS,
  SETTING_NAMES,
  settingOf,
} from '../src/app/settings.ts';

/** Run by `npm run docs:settings`: writes docs/settings.md from the table of src/app/settings.ts. */

const path = fileURLToPath(new URL('../docs/settings.md', import.meta.url));

const LIST = CHANGEABLE_NAMES.map((name) => `\`${name}\``).join(', ');

const INTRODUCTION = `# Settings

After reading this page you can look up every setting and set it by environment variable, flag or file.

<!-- Made by "npm run docs:settings" from src/app/settings.ts. Change that file, not this one. -->

## How to set

\`\`\`sh
PORT=8080 npx rostro serve          # an environment variable
npx rostro serve --port 8080        # a flag; it overrides the environment
\`\`\`

- Every command that uses the gallery or the networks takes the flags below. Only \`rostro serve\` takes those marked
  "serve".
- systemd reads \`/etc/rostro/rostro.env\`, one \`NAME=value\` a line ([systemd](operations.md#systemd)). A container takes
  \`--env\` or \`--env-file\` ([Container](operations.md#container)).
- Settings are read once at the start, except those [below](#change-while-the-server-runs). An empty value counts as not set. An unusable value stops the start with
  \`bad_config\` and the values that are allowed.
- Switches take \`1\` or \`true\`, \`0\` or \`false\`. Their flags take no value.
- Paths are relative to the folder in which the command starts.

## Change while the server runs

An administrator can change ${LIST} on the page Server or by \`PATCH /settings\`:

\`\`\`sh
curl -X PATCH -H "x-api-key: rostro_…" -H 'content-type: application/json' -d '{"HISTORY_DAYS": 7}' localhost:5000/settings
\`\`\`

- A change applies at once, holds after a restart, and is in the [audit log](people-and-privacy.md#audit-log) as
  \`configure\`. Null is the default again.
- What the environment or a flag sets wins and cannot be changed there: who can start the server decides what
  administrators of the app may change. Remove it from the environment to change it in the app.
- Fewer days erase what is older. \`PATCH /settings?preview=true\` checks the values, counts in \`erases\` what they would
  erase, and changes nothing.
- They are in \`.state/settings.json\`, or in the database, where they hold within some seconds for every server whose
  environment does not set them. A damaged file stops the start with \`storage_failed\`: the defaults may protect less.
- \`THRESHOLD\` changes by \`POST /calibration\` ([thresholds](accuracy-and-thresholds.md)), on the same page.
`;

/** @returns {Promise<string>} the text of docs/settings.md */
export async function settingsDocument() {
  const sections = Object.keys(SECTIONS).map((section) => {
    const names = SETTING_NAMES.filter((name) => settingOf(name).section === section);
    return [`## ${SECTIONS[/** @type {keyof typeof SECTIONS} */ (section)]}`, tableOf(names), notesOf(names)].join(
      '\n\n',
    );
  });
  const markdown = [INTRODUCTION, ...sections].join('\n\n');
  return format(markdown, { ...(await resolveConfig(path)), parser: 'markdown', proseWrap: 'always' });
}

/** @typedef {import('../src/app/settings.ts').SettingName} SettingName */

/** @param {readonly SettingName[]} names */
function tableOf(names) {
  const hasFlags = names.some((name) => settingOf(name).flag !== undefined);
  const rows = names.map((name) => {
    const cells = [`\`${name}\``, flagOf(name), describeDefault(name) ?? 'off', describeSetting(name)];
    return hasFlags ? cells : cells.filter((_, i) => i !== 1);
  });
  const head = ['setting', ...(hasFlags ? ['flag'] : []), 'default', 'what it sets'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @param {SettingName} name */
function flagOf(name) {
  const { flag, serveOnly } = settingOf(name);
  if (flag === undefined) return '';
  const [option] = flag.split(' ');
  return serveOnly ? `\`${option}\` (serve)` : `\`${option}\``;
}

/** @param {readonly SettingName[]} names */
function notesOf(names) {
  return names
    .map((name) => ({ name, note: settingOf(name).note }))
    .filter(({ note }) => note !== undefined)
    .map(({ name, note }) => `- **\`${name}\`**: ${note}`)
    .join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(path, await settingsDocument());
}
