import $ from '../../vendor/jquery/jquery.module.min.js';

/**
 * A small form that asks for one name.
 * @param {{ label: string, value: string, action: string, onName: (name: string) => void, onCancel?: () => void, cancel?: string }} options
 * @returns {JQuery}
 */
export function nameForm({ label, value, action, onName, onCancel, cancel }) {
  const input = $('<input class="form-control form-control-sm" required maxlength="100" autocomplete="off">').val(
    value,
  );
  const form = $('<form class="name-form">').append(
    $('<label>').append($('<span>').text(label), input),
    $('<button class="btn btn-sm btn-primary">').text(action),
  );
  if (onCancel) {
    form.append(
      $('<button type="button" class="btn btn-sm btn-outline-secondary">')
        .text(cancel ?? '')
        .on('click', onCancel),
    );
    form.on('keydown', (event) => {
      if (event.key === 'Escape') onCancel();
    });
  }
  return form.on('submit', (event) => {
    event.preventDefault();
    onName(String(input.val()));
  });
}
