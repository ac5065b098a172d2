import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { isAddress, withLogin } from './camera-address.js';
import { CameraTrial } from './camera-trial.js';

/**
 * @import { CameraSettings } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 * @typedef {Pick<CameraSettings, 'fps' | 'rotate' | 'transport' | 'enabled'> & { name: string, source?: string, group: string | null }} FormValues without `source` it stays as it is
 * @typedef {object} CameraFormParts
 * @property {CameraSettings | null} settings null for a new camera
 * @property {Translate} t
 * @property {(values: FormValues) => Promise<Blob>} onTest a picture of the camera with these values
 * @property {(values: FormValues) => Promise<void>} onSave
 * @property {() => void} onCancel
 */

/** A form for a new camera, or for one whose address and password stay as they are unless they are typed again. */
export class CameraForm {
  #save = $('<button type="button" class="btn btn-primary">');
  #test = $('<button class="btn btn-outline-secondary">');

  /** @param {CameraFormParts} parts */
  constructor(parts) {
    this.parts = parts;
    const { settings, t } = parts;
    this.trial = new CameraTrial(t);
    this.fields = {
      name: input('name')
        .attr('maxlength', 100)
        .prop('required', true)
        .val(settings?.name ?? settings?.id ?? ''),
      address: input('address').attr({ maxlength: 1500, spellcheck: 'false', inputmode: 'url' }),
      user: input('user'),
      password: input('password').attr({ type: 'password', autocomplete: 'new-password' }),
      rotate: select('rotate', ['0', '90', '180', '270'], (value) => t('cameras.form.degrees', { degrees: value })),
      fps: input('fps').attr({ type: 'number', min: 0.1, max: 60, step: 'any' }).prop('required', true),
      group: input('group').attr({ maxlength: 64, placeholder: t('cameras.form.everyone') }),
      transport: select('transport', ['auto', 'tcp', 'udp'], (value) => t(`cameras.form.transport.${value}`)),
      enabled: $('<input type="checkbox" class="form-check-input" id="camera-enabled">'),
    };
    this.#fill(settings);
    const title = t(settings ? 'cameras.form.edit' : 'cameras.form.add', {
      name: settings?.name ?? settings?.id ?? '',
    });
    this.element = $('<form class="panel-card camera-form" aria-labelledby="camera-form-title" novalidate>')
      .append(
        $('<h2 id="camera-form-title" tabindex="-1">').text(title),
        this.#mainFields(),
        this.#more(),
        this.trial.element,
        this.#buttons(),
      )
      .on('submit', (event) => {
        event.preventDefault();
        void this.#try();
      })
      .on('input', () => this.#forgetTest());
    this.#forgetTest();
  }

  /** Puts the focus on the title; before that the form must be on the page. */
  open() {
    this.element.find('h2').trigger('focus');
    this.element[0].scrollIntoView({ block: 'nearest' });
  }

  close() {
    this.#forgetTest();
    this.element.remove();
  }

  /** @param {CameraSettings | null} settings */
  #fill(settings) {
    const { rotate, fps, group, transport, enabled, address } = this.fields;
    rotate.val(String(settings?.rotate ?? 0));
    fps.val(settings?.fps ?? 10);
    group.val(settings?.group ?? '');
    transport.val(settings?.transport ?? 'auto');
    enabled.prop('checked', settings?.enabled ?? true);
    if (settings) address.attr('placeholder', this.parts.t('cameras.form.unchanged', { source: settings.source }));
    else address.attr('placeholder', 'rtsp://192.168.1.20/stream1').prop('required', true);
  }

  #mainFields() {
    const { settings } = this.parts;
    const { name, address, user, password } = this.fields;
    return $('<div class="camera-fields">').append(
      this.#labelled('name', name),
      this.#labelled('address', address, settings ? 'addressKept' : 'addressHint').addClass('is-wide'),
      this.#labelled('user', user),
      this.#labelled('password', password, 'passwordHint'),
    );
  }

  #more() {
    const { rotate, fps, group, transport, enabled } = this.fields;
    const { t } = this.parts;
    return $('<details>').append(
      $('<summary>').text(t('cameras.form.more')),
      $('<div class="camera-fields">').append(
        this.#labelled('rotate', rotate),
        this.#labelled('fps', fps),
        this.#labelled('group', group),
        this.#labelled('transport', transport),
        $('<div class="form-check is-wide">').append(
          enabled,
          $('<label class="form-check-label" for="camera-enabled">').text(t('cameras.form.enabled')),
        ),
      ),
    );
  }

  #buttons() {
    const { t, onCancel } = this.parts;
    this.#test.text(t('cameras.form.test'));
    return $('<div class="camera-form-buttons">').append(
      this.#test,
      this.#save.on('click', () => void this.#store()),
      $('<button type="button" class="btn btn-link">').text(t('cancel')).on('click', onCancel),
    );
  }

  /** @param {string} name @param {JQuery} field @param {string} [hint] */
  #labelled(name, field, hint) {
    const { t } = this.parts;
    const id = `camera-${name}`;
    if (hint) field.attr('aria-describedby', `${id}-hint`);
    return $('<div>').append(
      $('<label class="form-label">')
        .attr('for', id)
        .text(t(`cameras.form.${name}`)),
      field,
      hint
        ? $('<p class="hint">')
            .attr('id', `${id}-hint`)
            .text(t(`cameras.form.${hint}`))
        : [],
    );
  }

  /** @returns {FormValues | null} null if they cannot be sent: the form says why */
  #values() {
    const { settings, t } = this.parts;
    const { name, address, user, password, rotate, fps, group, transport, enabled } = this.fields;
    const text = (/** @type {JQuery} */ field) => String(field.val()).trim();
    const isKept = settings !== null && text(address) === '';
    if (isKept && (text(user) !== '' || String(password.val()) !== ''))
      return this.#complain(t('cameras.form.addressToo'), address);
    if (!isKept && !isAddress(text(address))) return this.#complain(t('cameras.form.badAddress'), address);
    if (text(name) === '') return this.#complain(t('cameras.form.noName'), name);
    if (!(/** @type {HTMLInputElement} */ (fps[0]).checkValidity()))
      return this.#complain(t('cameras.form.badFps'), fps);
    return {
      name: text(name),
      ...(!isKept && { source: withLogin(text(address), text(user), String(password.val())) }),
      rotate: /** @type {CameraSettings['rotate']} */ (Number(rotate.val())),
      fps: Number(fps.val()),
      group: text(group) || null,
      transport: /** @type {CameraSettings['transport']} */ (transport.val()),
      enabled: enabled.prop('checked'),
    };
  }

  /** @param {string} words @param {JQuery} field @returns {null} */
  #complain(words, field) {
    this.#forgetTest();
    this.trial.say(words);
    field.closest('details').prop('open', true);
    field.attr('aria-invalid', 'true').trigger('focus');
    return null;
  }

  /** Shows a picture of the camera before it is saved. */
  async #try() {
    const values = this.#values();
    if (values === null) return;
    const { t, onTest } = this.parts;
    this.#forgetTest();
    this.#test.prop('disabled', true);
    const works = await this.trial.run(() => onTest(values));
    this.#test.prop('disabled', false);
    this.#save.text(t(works ? 'cameras.form.save' : 'cameras.form.saveAnyway')).prop('hidden', false);
    if (works) this.#save.trigger('focus');
  }

  async #store() {
    const values = this.#values();
    if (values === null) return;
    this.#save.prop('disabled', true);
    try {
      await this.parts.onSave(values);
      announce(this.parts.t('cameras.form.saved', { name: values.name }));
    } catch (error) {
      this.trial.fail(error);
    } finally {
      this.#save.prop('disabled', false);
    }
  }

  /** Other values need another test. A change of an existing camera may be saved without. */
  #forgetTest() {
    this.trial.clear();
    this.element.find('[aria-invalid]').removeAttr('aria-invalid');
    this.#save.text(this.parts.t('cameras.form.save')).prop('hidden', this.parts.settings === null);
  }
}

/** @param {string} name */
function input(name) {
  return $('<input class="form-control" autocomplete="off">').attr('id', `camera-${name}`);
}

/** @param {string} name @param {string[]} values @param {(value: string) => string} wordsOf */
function select(name, values, wordsOf) {
  return $('<select class="form-select">')
    .attr('id', `camera-${name}`)
    .append(values.map((value) => $('<option>').val(value).text(wordsOf(value))));
}
