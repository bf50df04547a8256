// Console: sign-up, sign-in, the list of organisations, and the boot steps of a new one, live.

const page = document.querySelector('#page');
const header = document.querySelector('header');

/** What each step means, for people. */
const STEP_WORDS = {
  check_capacity: 'Find room for the tenant',
  claim_resources: 'Write down what will be made',
  write_credentials: 'Make and seal its credentials',
  start_tenant: 'Start its server and its database',
  wait_platform_health: 'Wait until it is ready to serve',
  prove_hostname: 'Reach it under its own name',
};

/** Elements are made, never parsed: no text of anybody becomes markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function show(isNarrow, ...children) {
  page.className = isNarrow ? 'narrow' : '';
  page.replaceChildren(...children);
}

async function call(method, path, body) {
  const response = await fetch(`/api/v1${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const answer = text.startsWith('{') ? JSON.parse(text) : {};
  if (response.ok) return answer;
  const details = answer.details ? `: ${answer.details}` : '';
  throw Object.assign(new Error(`${answer.error ?? 'the platform does not answer'}${details}`), {
    status: response.status,
  });
}

function go(path) {
  history.pushState(null, '', path);
  void route();
}

/** A form that says what went wrong beside its button, and cannot be sent twice. */
function form(fields, label, send) {
  const trouble = make('p', { class: 'trouble', role: 'alert' });
  const button = make('button', { type: 'submit' }, label);
  const element = make('form', {
    submit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      trouble.textContent = '';
      try {
        await send(new FormData(element));
      } catch (error) {
        trouble.textContent = error.message;
      } finally {
        button.disabled = false;
      }
    },
  });
  element.append(...fields, button, trouble);
  return element;
}

function field(name, label, attributes = {}) {
  return make('label', {}, label, make('input', { name, required: true, ...attributes }));
}

function afterSignIn() {
  const to = new URLSearchParams(location.search).get('return_to');
  // The server refused addresses of others before it led here; a path is all that is followed without it.
  if (to?.startsWith('/') && !to.startsWith('//') && !to.includes('\\')) go(to);
  else go('/');
}

function termsField() {
  return make(
    'label',
    { class: 'check' },
    make('input', { type: 'checkbox', name: 'terms', required: true }),
    make('span', {}, 'I accept the ', make('a', { href: '/cp/legal/terms', target: '_blank' }, 'terms')),
  );
}

/** Why a provider signed nobody in, for people. */
const TROUBLE_WORDS = {
  provider_away: 'The provider does not answer. Try again later, or sign in with your password.',
  provider_refused: 'The provider did not confirm who you are. Try again.',
  not_this_browser: 'That sign-in took too long or began in another browser. Try again.',
  email_unverified: 'The provider does not vouch for your e-mail address. Have it verified there first.',
  address_taken: 'The account of this address belongs to somebody else at this provider.',
  not_on_list: 'This address is not on the list yet.',
};

/** A button for each identity provider; none when the platform cannot say. */
async function providerLinks() {
  const { providers } = await call('GET', '/auth/providers').catch(() => ({ providers: [] }));
  const to = new URLSearchParams(location.search).get('return_to');
  const query = to === null ? '' : `?return_to=${encodeURIComponent(to)}`;
  return providers.map(({ id, title }) =>
    make(
      'p',
      {},
      make(
        'a',
        {
          class: 'button',
          href: `/cp/auth/providers/${encodeURIComponent(id)}/sign-in${query}`,
          'data-leaves': true,
        },
        `Continue with ${title}`,
      ),
    ),
  );
}

async function signUpPage() {
  const fields = [
    field('email', 'E-mail', { type: 'email', autocomplete: 'email' }),
    field('password', 'Password, 10 characters or more', {
      type: 'password',
      minlength: 10,
      autocomplete: 'new-password',
    }),
    termsField(),
  ];
  const element = form(fields, 'Sign up', async (data) => {
    await call('POST', '/auth/accounts', {
      email: data.get('email'),
      password: data.get('password'),
      accept_terms: true,
    });
    afterSignIn();
  });
  const other = make('p', {}, 'Have an account? ', make('a', { href: '/sign-in' }, 'Sign in'));
  const links = await providerLinks();
  show(true, make('div', { class: 'card' }, make('h1', {}, 'Sign up'), element, ...links, other));
}

async function signInPage() {
  const fields = [
    field('email', 'E-mail', { type: 'email', autocomplete: 'email' }),
    field('password', 'Password', { type: 'password', autocomplete: 'current-password' }),
  ];
  const element = form(fields, 'Sign in', async (data) => {
    await call('POST', '/auth/sessions', { email: data.get('email'), password: data.get('password') });
    afterSignIn();
  });
  const other = make('p', {}, 'New here? ', make('a', { href: '/sign-up' }, 'Sign up'));
  const code = new URLSearchParams(location.search).get('trouble');
  const words = code !== null && Object.hasOwn(TROUBLE_WORDS, code) ? TROUBLE_WORDS[code] : null;
  const trouble = words && make('p', { class: 'trouble', role: 'alert' }, words);
  const links = await providerLinks();
  show(true, make('div', { class: 'card' }, make('h1', {}, 'Sign in'), trouble, element, ...links, other));
}

async function listPage() {
  const { orgs } = await call('GET', '/orgs');
  if (orgs.length === 0) return newPage();
  const rows = orgs.map((org) =>
    make(
      'div',
      { class: 'row' },
      make(
        'span',
        { class: 'grow' },
        make('strong', {}, org.name),
        ' ',
        make('span', { class: 'soft' }, org.slug),
      ),
      make('span', { class: 'soft' }, org.status),
      make('a', { href: `/orgs/${org.slug}/members` }, 'Members'),
      make('a', { href: `/orgs/${org.slug}` }, 'Open'),
    ),
  );
  const add = make('a', { class: 'button', href: '/new' }, 'New organisation');
  show(false, make('div', { class: 'card' }, make('h1', {}, 'Your organisations'), ...rows, add));
}

async function newPage() {
  const { accepted } = await call('GET', '/auth/terms-status');
  const address = make('p', { class: 'address' });
  const slug = make('input', {
    name: 'slug',
    required: true,
    pattern: '[a-z][a-z0-9\\-]{2,31}',
    title: '3 to 32 lower-case letters, digits and hyphens, beginning with a letter',
    input: () => {
      address.textContent = slug.value === '' ? '' : `It will live at ${slug.value}.${location.host}`;
    },
  });
  const fields = [field('name', 'Name'), make('label', {}, 'Short name, for its address', slug), address];
  if (!accepted) fields.push(termsField());
  const element = form(fields, 'Create organisation', async (data) => {
    if (!accepted) await call('POST', '/auth/accept-terms');
    await call('POST', '/orgs', { slug: data.get('slug'), name: data.get('name') });
    go(`/orgs/${data.get('slug')}`);
  });
  const words = make('p', {}, 'It gets a tenant of its own: a server, a database and a name.');
  show(true, make('div', { class: 'card' }, make('h1', {}, 'New organisation'), words, element));
}

/** The token stands behind the `#`, which no server is sent; it is kept until whoever has it is signed in. */
function keepInvitation() {
  if (location.pathname !== '/join' || location.hash === '') return;
  sessionStorage.setItem('invitation', location.hash.slice(1));
  history.replaceState(null, '', '/join');
}

async function joinPage() {
  const token = sessionStorage.getItem('invitation') ?? '';
  const { slug } = await call('POST', '/invites/accept', { token });
  sessionStorage.removeItem('invitation');
  go(`/orgs/${slug}`);
}

async function membersPage(slug) {
  const { members, invites } = await call('GET', `/orgs/${slug}/members`);
  const remove = async (id) => {
    await call('DELETE', `/orgs/${slug}/members/${id}`);
    await membersPage(slug);
  };
  const rows = members.map(({ user_id, email, role }) =>
    make(
      'div',
      { class: 'row' },
      make('span', { class: 'grow' }, email),
      make('span', { class: 'soft' }, role),
      make('button', { class: 'quiet', click: () => void remove(user_id) }, 'Remove'),
    ),
  );
  const open = invites.map(({ email, role }) =>
    make(
      'div',
      { class: 'row' },
      make('span', { class: 'grow soft' }, email),
      make('span', { class: 'soft' }, `${role}, invited`),
    ),
  );
  const link = make('p', { class: 'address' });
  const roles = ['member', 'admin', 'owner'].map((role) => make('option', { value: role }, role));
  const fields = [
    field('email', 'E-mail', { type: 'email' }),
    make('label', {}, 'Role', make('select', { name: 'role' }, ...roles)),
  ];
  const element = form(fields, 'Make an invitation', async (data) => {
    const { url } = await call('POST', `/orgs/${slug}/members`, {
      email: data.get('email'),
      role: data.get('role'),
    });
    link.textContent = `Pass this link on; it works once, for that address: ${url}`;
  });
  show(
    false,
    make('div', { class: 'card' }, make('h1', {}, `Members of ${slug}`), ...rows, ...open, element, link),
  );
}

let following = null;

/** Follows the boot steps; when the tenant runs, the browser is handed over to it. */
async function orgPage(slug) {
  const org = await call('GET', `/orgs/${slug}`);
  if (org.status === 'running') return openTenant(slug);
  const steps = make('ol', { class: 'steps' });
  const trouble = make('p', { class: 'trouble', role: 'alert' });
  const again = make('button', { hidden: true, click: () => retry(slug, again) }, 'Try again');
  show(true, make('div', { class: 'card' }, make('h1', {}, `Preparing ${org.name}`), steps, trouble, again));
  following = new EventSource(`/api/v1/orgs/${slug}/provision-status/stream`);
  following.addEventListener('status', (event) => {
    const status = JSON.parse(event.data);
    steps.replaceChildren(...status.stages.map(stepRow));
    trouble.textContent = status.status === 'running' ? '' : (status.error ?? '');
    again.hidden = status.status !== 'failed';
    if (status.status === 'running') void openTenant(slug);
  });
}

function stepRow({ name, state, ms }) {
  const took = ms === null ? (state === 'running' ? '…' : '') : `${(ms / 1000).toFixed(1)} s`;
  return make(
    'li',
    { 'data-state': state, 'data-step': name },
    make('span', { class: 'dot', 'aria-hidden': true }),
    make('span', {}, STEP_WORDS[name] ?? name),
    make('span', { class: 'ms' }, took),
  );
}

async function retry(slug, button) {
  button.disabled = true;
  await call('POST', `/orgs/${slug}/retry`);
  button.disabled = false;
}

async function openTenant(slug) {
  following?.close();
  const { url } = await call('POST', `/orgs/${slug}/open`);
  location.assign(url);
}

function showWho(me) {
  const leave = async () => {
    await call('POST', '/auth/logout');
    go('/sign-in');
  };
  header.replaceChildren(
    make('a', { href: '/' }, 'Molecule'),
    make('span', { class: 'who' }, me.email),
    make('button', { class: 'quiet', click: () => void leave() }, 'Sign out'),
  );
}

async function route() {
  following?.close();
  following = null;
  keepInvitation();
  const path = location.pathname;
  try {
    if (path === '/sign-up') return await signUpPage();
    if (path === '/sign-in') return await signInPage();
    showWho(await call('GET', '/auth/me'));
    const members = /^\/orgs\/([a-z0-9-]+)\/members$/.exec(path);
    if (path === '/join') return await joinPage();
    if (members) return await membersPage(members[1]);
    const org = /^\/orgs\/([a-z0-9-]+)$/.exec(path);
    if (org) await orgPage(org[1]);
    else if (path === '/new') await newPage();
    else await listPage();
  } catch (error) {
    if (error.status === 401)
      return go(path === '/' ? '/sign-up' : `/sign-in?return_to=${encodeURIComponent(path)}`);
    show(
      true,
      make('div', { class: 'card' }, make('h1', {}, 'That did not work'), make('p', {}, error.message)),
    );
  }
}

document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href^="/"]');
  if (
    !link ||
    link.target === '_blank' ||
    link.dataset.leaves !== undefined ||
    event.ctrlKey ||
    event.metaKey
  )
    return;
  event.preventDefault();
  go(link.getAttribute('href'));
});
addEventListener('popstate', () => void route());
void route();
