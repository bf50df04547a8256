// Operate: the operators' page: fleet, organisations with their boot logs and usage, upgrades, audit. It shows what the
// platform knows and nothing of a tenant's content. The token stays in this tab: it is forgotten when the tab is closed.

import { ask, button, call, make, say, TOKEN, table, when } from './operate-parts.js';

const page = document.querySelector('#page');
const nav = document.querySelector('#views');
const who = document.querySelector('#who');

const AGAIN_MS = 5_000;
const AUDIT_PAGE = 50;
const VIEWS = { fleet: 'Fleet', orgs: 'Organisations', upgrades: 'Upgrades', audit: 'Audit' };

/** Ends the drawing under way: another one took its place. */
let giveUp = () => {};
let timer;

/** Does one thing, says how it went, and shows what became of it. */
async function act(words, action) {
  try {
    await action();
    say(words);
    await draw();
  } catch (error) {
    say(`${words}: ${error.message}`, true);
  }
}

function signInPage(trouble = '') {
  nav.replaceChildren();
  who.replaceChildren();
  const input = make('input', { type: 'password', name: 'token', required: true, autocomplete: 'off' });
  const form = make(
    'form',
    {
      submit: async (event) => {
        event.preventDefault();
        sessionStorage.setItem(TOKEN, input.value.trim());
        try {
          await call('GET', '/admin/stats');
          await draw();
        } catch (error) {
          sessionStorage.removeItem(TOKEN);
          signInPage(
            error.status === 401 || error.status === 403
              ? 'This is not the operator’s token.'
              : error.message,
          );
        }
      },
    },
    make('label', {}, 'Operator’s token', input),
    make('button', { type: 'submit' }, 'Open'),
    make('p', { class: 'trouble', role: 'alert' }, trouble),
  );
  const hint =
    'CP_ADMIN_API_TOKEN, or the file cp-admin-token in the folder of the platform. It is kept in this tab alone.';
  page.className = 'narrow';
  page.replaceChildren(make('div', { class: 'card' }, make('h1', {}, 'Operate'), make('p', {}, hint), form));
  input.focus();
}

async function fleetView() {
  const stats = await call('GET', '/admin/stats');
  const counts = (title, entries, toView) =>
    make(
      'section',
      { class: 'card' },
      make('h2', {}, title),
      make(
        'dl',
        {},
        ...Object.entries(entries).flatMap(([name, count]) => [
          make('dt', {}, toView ? make('a', { href: `#orgs/${name}` }, name) : name),
          make('dd', {}, String(count)),
        ]),
      ),
    );
  return [
    make('h1', {}, 'Fleet'),
    make(
      'div',
      { class: 'cards' },
      counts('Organisations', stats.orgs, true),
      counts('Tenants', stats.instances),
      counts('Outside resources', { ...stats.claims, 'without an owner': stats.orphan_claims }),
      counts('Left over', {
        'tenants of nobody': stats.unowned_tenants?.length ?? 'unknown: the driver is away',
      }),
      counts('More', { people: stats.users, 'deletions under way': stats.open_purges }),
    ),
  ];
}

async function orgsView([filter]) {
  const { orgs } = await call('GET', '/admin/orgs?limit=500');
  const shown = filter ? orgs.filter(({ status }) => status === filter) : orgs;
  return [
    make('h1', {}, filter ? `Organisations: ${filter}` : 'Organisations'),
    filter ? make('p', {}, make('a', { href: '#orgs' }, 'Show all')) : null,
    table(
      'Organisations, newest first',
      ['Slug', 'State', 'Tenant', 'Made', 'Last trouble'],
      shown.map((org) => [
        make('a', { href: `#org/${org.slug}` }, org.slug),
        org.status,
        org.instance_status,
        when(org.created_at),
        org.last_error ?? '',
      ]),
    ),
  ];
}

async function orgView([slug]) {
  const path = encodeURIComponent(slug);
  const [org, diagnostics, boot, usage] = await Promise.all([
    call('GET', `/orgs/${path}`),
    call('GET', `/admin/tenants/${path}/diagnostics`),
    call('GET', `/admin/tenants/${path}/boot-events?limit=50`),
    call('GET', `/orgs/${path}/usage`),
  ]);
  const { instance, provision } = diagnostics;
  const post = (words, to, body) => act(words, () => call('POST', to, body));
  const isSuspended = org.status === 'suspended';
  return [
    make('h1', {}, org.slug),
    make('p', {}, `${org.name} · ${org.plan} · ${org.status}`),
    provision.error ? make('p', { class: 'trouble' }, provision.error) : null,
    make(
      'div',
      { class: 'actions' },
      org.status === 'failed' ? button('Try again', () => post('Begun again', `/orgs/${path}/retry`)) : null,
      instance.wanted === 'stopped'
        ? button('Start', () => post('Starts', `/admin/tenants/${path}/start`))
        : button('Stop', () => stopOrg(org.slug, path)),
      isSuspended
        ? button('Open again', () => post('Opened again', `/orgs/${path}/resume`))
        : button('Suspend', () => suspendOrg(org.slug, path)),
      button('Hold on its image', () => pinOrg(org.slug, path)),
      button('Hold no longer', () => post('Not held', `/admin/orgs/${path}/pin`, { image: null })),
      button('Delete', () => deleteOrg(org.slug, path), 'danger'),
    ),
    make(
      'dl',
      {},
      ...Object.entries({
        Tenant: `${instance.status}, wanted ${instance.wanted}, found ${instance.found}`,
        Driver: instance.driver,
        Image: instance.image,
        'Last trouble': instance.last_error ?? 'none',
        'Tokens this month': `${usage.tokens.in} in, ${usage.tokens.out} out`,
        Credits: String(org.credits_balance),
      }).flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]),
    ),
    table(
      'Boot steps',
      ['Step', 'State', 'Milliseconds'],
      provision.stages.map((stage) => [stage.name, stage.state, stage.ms === null ? '' : String(stage.ms)]),
    ),
    table(
      'Boot log, newest first',
      ['When', 'Stage', 'State', 'Milliseconds'],
      boot.events.map((event) => [
        when(event.at),
        event.stage,
        event.status,
        event.elapsed_ms === null ? '' : String(event.elapsed_ms),
      ]),
    ),
  ];
}

async function stopOrg(slug, path) {
  const answer = await ask({
    title: `Stop ${slug}?`,
    sentence: 'Nobody reaches it until it is started again. Its data is kept.',
    label: 'Stop it',
  });
  if (answer) await act(`${slug} stops`, () => call('POST', `/admin/tenants/${path}/stop`));
}

async function suspendOrg(slug, path) {
  const answer = await ask({
    title: `Suspend ${slug}?`,
    sentence: 'Its keys are revoked, its compute stops and its name is closed. Its data is kept.',
    confirm: slug,
    label: 'Suspend it',
  });
  if (answer) await act(`${slug} is suspended`, () => call('POST', `/orgs/${path}/suspend`));
}

async function pinOrg(slug, path) {
  const answer = await ask({
    title: `Hold ${slug} on an image`,
    sentence: 'Upgrades to any other image leave it out.',
    fields: [
      ['image', 'Image; the one that it runs when empty', {}],
      ['reason', 'Why, for the audit', { maxlength: 500 }],
    ],
    label: 'Hold it',
  });
  if (!answer) return;
  const body = {
    ...(answer.image ? { image: answer.image } : {}),
    ...(answer.reason ? { reason: answer.reason } : {}),
  };
  await act(`${slug} is held`, () => call('POST', `/admin/orgs/${path}/pin`, body));
}

async function deleteOrg(slug, path) {
  const answer = await ask({
    title: `Delete ${slug}?`,
    sentence: 'Its data, its keys and its backups are deleted. Nothing brings them back.',
    confirm: slug,
    label: 'Delete it',
  });
  if (!answer) return;
  await act(`${slug} is deleted`, async () => {
    await call('DELETE', `/admin/tenants/${path}`, { confirm: slug });
    location.hash = '#orgs';
  });
}

async function upgradesView() {
  const { rollouts } = await call('GET', '/admin/rollouts?limit=50');
  return [
    make('h1', {}, 'Upgrades'),
    make('div', { class: 'actions' }, button('Upgrade the fleet', upgradeFleet, '')),
    table(
      'Upgrades, newest first',
      ['When', 'Image', 'State', 'Tenants', ''],
      rollouts.map((rollout) => [
        make('a', { href: `#upgrade/${rollout.id}` }, when(rollout.created_at)),
        rollout.target,
        rollout.error ? `${rollout.state}: ${rollout.error}` : rollout.state,
        Object.entries(rollout.phases)
          .map(([phase, count]) => `${count} ${phase}`)
          .join(', '),
        steer(rollout),
      ]),
    ),
  ];
}

function steer({ id, state }) {
  if (state !== 'running' && state !== 'paused') return '';
  const verb = state === 'running' ? 'pause' : 'resume';
  return button(state === 'running' ? 'Pause' : 'Go on', () =>
    act(state === 'running' ? 'Paused' : 'Goes on', () => call('POST', `/admin/rollouts/${id}/${verb}`)),
  );
}

/** Says who would be upgraded before it upgrades anybody. */
async function upgradeFleet() {
  const asked = await ask({
    title: 'Upgrade the fleet',
    sentence:
      'One canary first, which is watched; then batches. The first failed batch stops it and goes back.',
    fields: [
      ['image', 'Image; the newest when empty', {}],
      ['canary', 'Who gets it first; chosen when empty', {}],
    ],
    label: 'Show who is upgraded',
  });
  if (!asked) return;
  const order = {
    ...(asked.image ? { target_tag: asked.image } : {}),
    ...(asked.canary ? { canary_slug: asked.canary } : {}),
  };
  try {
    const { results } = await call('POST', '/admin/tenants/redeploy-fleet', { ...order, dry_run: true });
    const planned = results.filter(({ phase }) => phase === 'planned');
    const held = results.length - planned.length;
    const first = planned[0]?.slug;
    const sure = await ask({
      title: `Upgrade ${planned.length} ${planned.length === 1 ? 'tenant' : 'tenants'}?`,
      sentence: `${first ? `${first} is first.` : 'Nobody would be upgraded.'} ${held} left out.`,
      confirm: 'upgrade',
      label: 'Upgrade',
    });
    if (sure) {
      await act('The upgrade began', () =>
        call('POST', '/admin/tenants/redeploy-fleet', { ...order, confirm: true }),
      );
    }
  } catch (error) {
    say(`The upgrade did not begin: ${error.message}`, true);
  }
}

async function upgradeView([id]) {
  const rollout = await call('GET', `/admin/rollouts/${encodeURIComponent(id)}`);
  return [
    make('h1', {}, `Upgrade to ${rollout.target}`),
    make('p', {}, rollout.error ? `${rollout.state}: ${rollout.error}` : rollout.state),
    make('div', { class: 'actions' }, steer(rollout) || null),
    table(
      'Tenants in their order',
      ['Slug', 'Phase', 'Canary', 'Trouble'],
      rollout.tenants.map((tenant) => [
        make('a', { href: `#org/${tenant.slug}` }, tenant.slug),
        tenant.phase,
        tenant.is_canary ? 'yes' : '',
        tenant.error ?? '',
      ]),
    ),
  ];
}

async function auditView([before]) {
  const { entries } = await call(
    'GET',
    `/admin/audit?limit=${AUDIT_PAGE}${before ? `&before=${before}` : ''}`,
  );
  const last = entries.at(-1);
  return [
    make('h1', {}, 'Audit'),
    table(
      'What was done, newest first',
      ['When', 'Who', 'What', 'Organisation'],
      entries.map((entry) => [
        when(entry.at),
        entry.actor,
        entry.action,
        entry.slug ? make('a', { href: `#org/${entry.slug}` }, entry.slug) : '',
      ]),
    ),
    last && entries.length === AUDIT_PAGE
      ? make('p', {}, make('a', { href: `#audit/${last.id}` }, 'Older'))
      : null,
  ];
}

const DRAWN = {
  fleet: fleetView,
  orgs: orgsView,
  org: orgView,
  upgrades: upgradesView,
  upgrade: upgradeView,
  audit: auditView,
};
const PARENT = { org: 'orgs', upgrade: 'upgrades' };

async function draw(isAgain = false) {
  clearTimeout(timer);
  if (!sessionStorage.getItem(TOKEN)) return signInPage();
  const [name = '', ...rest] = location.hash.slice(1).split('/').map(decodeURIComponent);
  const view = DRAWN[name] ? name : 'fleet';
  let isOver = false;
  giveUp();
  giveUp = () => {
    isOver = true;
  };
  drawNav(view);
  try {
    const children = await DRAWN[view](rest);
    if (isOver) return;
    keepFocus(() => {
      page.className = 'wide';
      page.replaceChildren(...children.filter((child) => child !== null));
    });
    if (!isAgain) document.title = `Molecule · ${view}`;
  } catch (error) {
    if (isOver) return;
    if (error.status === 401 || error.status === 403) {
      sessionStorage.removeItem(TOKEN);
      return signInPage('The token is not valid any more.');
    }
    if (!isAgain) page.replaceChildren(make('p', { class: 'trouble', role: 'alert' }, error.message));
    else say(`Not read just now: ${error.message}`, true);
  }
  timer = setTimeout(drawAgain, AGAIN_MS);
}

/** Nothing is drawn under somebody's hands, or for nobody. */
function drawAgain() {
  if (document.querySelector('dialog') || document.visibilityState === 'hidden') {
    timer = setTimeout(drawAgain, AGAIN_MS);
  } else void draw(true);
}

function drawNav(view) {
  nav.replaceChildren(
    ...Object.entries(VIEWS).map(([name, label]) =>
      make('a', { href: `#${name}`, 'aria-current': (PARENT[view] ?? view) === name ? 'page' : null }, label),
    ),
  );
  who.replaceChildren(
    button('Forget the token', () => {
      sessionStorage.removeItem(TOKEN);
      signInPage();
    }),
  );
}

/** Whoever was on a link or a button is on the same one afterwards. */
function keepFocus(change) {
  const active = document.activeElement;
  const isInside = active instanceof HTMLElement && page.contains(active);
  const key = isInside ? `${active.tagName} ${active.textContent}` : null;
  change();
  if (key === null) return;
  const same = [...page.querySelectorAll('a, button, [tabindex]')].find(
    (element) => `${element.tagName} ${element.textContent}` === key,
  );
  same?.focus();
}

addEventListener('hashchange', () => void draw());
void draw();
