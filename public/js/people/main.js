import { createTranslator } from '../i18n.js';
import { mountShell, refreshStatus } from '../shell.js';
import common from '../strings/common.js';
import importStrings from '../strings/import.js';
import people from '../strings/people.js';
import { Importing } from './importing.js';
import { PeopleList } from './people-list.js';
import { Uploads } from './uploads.js';

const { t } = createTranslator(common, people, importStrings);
mountShell({ page: 'people', t });
const list = new PeopleList(t, () => void refreshStatus());
const refresh = () => {
  void list.refresh();
  void refreshStatus();
};
new Uploads(t, refresh, new Importing(t, refresh));
await list.reload();
