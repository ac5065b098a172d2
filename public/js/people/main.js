import { createTranslator } from '../i18n.js';
import { mountShell, refreshStatus } from '../shell.js';
import common from '../strings/common.js';
import people from '../strings/people.js';
import { PeopleList } from './people-list.js';
import { Uploads } from './uploads.js';

const { t } = createTranslator(common, people);
mountShell({ page: 'people', t });
const list = new PeopleList(t, () => void refreshStatus());
new Uploads(t, () => {
  void list.refresh();
  void refreshStatus();
});
await list.reload();
