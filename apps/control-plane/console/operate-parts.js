// Operate parts: what the views of the operators' page are made of: elements, calls, tables, and a question before what matters.

const said = document.querySelector('#said');

/** Under which this tab keeps the token. */
export const TOKEN = 'molecule.operator-token';

/** Elements are made, never parsed: no text of anybody becomes markup. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export async function call(method, path, body) {
  const response = await fetch(`/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${sessionStorage.getItem(TOKEN) ?? ''}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const answer = text.startsWith('{') ? JSON.parse(text) : {};
  if (response.ok) return answer;
  throw Object.assign(new Error(answer.error ?? `the platform answered ${response.status}`), {
    status: response.status,
  });
}

export const say = (text, isTrouble = false) => {
  said.textContent = text;
  said.className = isTrouble ? 'said trouble' : 'said';
};

export const button = (label, onClick, look = 'plain') =>
  make('button', { type: 'button', class: look, click: onClick }, label);

export function table(caption, columns, rows) {
  if (rows.length === 0) return make('p', {}, `${caption}: nothing yet.`);
  return make(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    make(
      'table',
      {},
      make('caption', {}, caption),
      make('thead', {}, make('tr', {}, ...columns.map((column) => make('th', { scope: 'col' }, column)))),
      make('tbody', {}, ...rows.map((cells) => make('tr', {}, ...cells.map((cell) => make('td', {}, cell))))),
    ),
  );
}

export const when = (at) => make('time', { datetime: at }, new Date(at).toLocaleString());

/** A question before something that matters; resolves with what was filled in, or null. */
export function ask({ title, sentence, fields = [], confirm, label }) {
  return new Promise((resolve) => {
    const go = make('button', { type: 'submit', class: confirm ? 'danger' : '' }, label);
    const typed = confirm ? make('input', { name: 'confirm', autocomplete: 'off', required: true }) : null;
    const form = make(
      'form',
      { method: 'dialog' },
      make('h2', {}, title),
      sentence ? make('p', {}, sentence) : null,
      ...fields.map(([name, words, attributes]) =>
        make('label', {}, words, make('input', { name, autocomplete: 'off', ...attributes })),
      ),
      typed ? make('label', {}, `Type ${confirm} to go on`, typed) : null,
      make(
        'div',
        { class: 'actions' },
        button('Leave it', () => dialog.close()),
        go,
      ),
    );
    if (typed) {
      go.disabled = true;
      typed.addEventListener('input', () => {
        go.disabled = typed.value.trim() !== confirm;
      });
    }
    let answer = null;
    form.addEventListener('submit', () => {
      answer = Object.fromEntries(new FormData(form));
    });
    const dialog = make('dialog', { 'aria-label': title }, form);
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
