// Verbs: what an operator does, over the routes of the platform's own contract.

import { platform } from '@molecule/contracts';
import { countUpTo, type Verb, type VerbInput } from './verb.ts';

const SLUG = { name: 'slug', doc: 'the organisation' };
const LIMIT = { flags: '--limit <n>', doc: 'how many at most', read: countUpTo(500), fallback: 100 };
const slugOf = ({ args }: VerbInput) => ({ slug: args.slug ?? '' });
const limitOf = ({ options }: VerbInput) => ({ limit: String(options.limit) });
const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

const ORGS: readonly Verb[] = [
  {
    path: ['orgs', 'list'],
    summary: 'Organisations with both of their states, newest first',
    options: [LIMIT],
    run: (call, input) => call(platform.adminListOrgs, { query: limitOf(input) }),
    table: {
      rows: ({ orgs }: { orgs: object[] }) => orgs,
      columns: ['slug', 'status', 'instance_status', 'created_at', 'last_error'],
    },
  },
  {
    path: ['orgs', 'show'],
    summary: 'One organisation, and its tenant as its driver finds it',
    args: [SLUG],
    run: async (call, input) => {
      const params = slugOf(input);
      const [org, diagnostics] = await Promise.all([
        call(platform.readOrg, { params }),
        call(platform.readDiagnostics, { params }),
      ]);
      return { ...org, instance: diagnostics.instance };
    },
  },
  {
    path: ['orgs', 'create'],
    summary: 'Make an organisation for somebody who has an account',
    args: [SLUG, { name: 'owner', doc: 'the id of the person' }],
    options: [{ flags: '--name <name>', doc: 'what it is called; its slug when left out' }],
    run: (call, { args, options }) =>
      call(platform.adminCreateOrg, {
        body: {
          slug: args.slug ?? '',
          name: textOf(options.name) ?? args.slug ?? '',
          owner_user_id: args.owner ?? '',
        },
      }),
  },
  {
    path: ['orgs', 'suspend'],
    summary: 'Revoke its keys, stop its compute and close its name; data is kept',
    args: [SLUG],
    danger: ({ args }) => ({
      sentence: `${args.slug} stops and its keys are revoked; its data is kept.`,
      confirm: args.slug ?? '',
    }),
    run: (call, input) => call(platform.suspendOrg, { params: slugOf(input) }),
  },
  {
    path: ['orgs', 'resume'],
    summary: 'Open it again; its keys are to be minted anew',
    args: [SLUG],
    run: (call, input) => call(platform.resumeOrg, { params: slugOf(input) }),
  },
  {
    path: ['orgs', 'delete'],
    summary: 'Delete an organisation with everything of it; asked again, a failed deletion goes on',
    args: [SLUG],
    danger: ({ args }) => ({
      sentence: `${args.slug} is deleted with its data, its keys and its backups. Nothing brings it back.`,
      confirm: args.slug ?? '',
    }),
    run: (call, input) =>
      call(platform.adminDeleteTenant, { params: slugOf(input), body: { confirm: input.args.slug ?? '' } }),
  },
  {
    path: ['orgs', 'export'],
    summary: 'What the platform holds about it; its content is exported by its tenant',
    args: [SLUG],
    run: (call, input) => call(platform.exportOrg, { params: slugOf(input) }),
  },
  {
    path: ['orgs', 'usage'],
    summary: 'Tokens, credits and compute of a period; this month when none is given',
    args: [SLUG],
    options: [
      { flags: '--from <day>', doc: 'the first day, such as 2026-01-31' },
      { flags: '--to <day>', doc: 'the day after the last' },
    ],
    run: (call, input) =>
      call(platform.readUsage, {
        params: slugOf(input),
        query: { from: textOf(input.options.from), to: textOf(input.options.to) },
      }),
  },
];

const TENANTS: readonly Verb[] = [
  {
    path: ['tenants', 'boot-log'],
    summary: 'What a tenant said about its boots, newest first',
    args: [SLUG],
    options: [LIMIT],
    run: (call, input) => call(platform.listBootEvents, { params: slugOf(input), query: limitOf(input) }),
    table: {
      rows: ({ events }: { events: object[] }) => events,
      columns: ['at', 'stage', 'status', 'elapsed_ms'],
    },
  },
  {
    path: ['tenants', 'stop'],
    summary: 'Stop its compute and keep its data',
    args: [SLUG],
    danger: ({ args }) => ({
      sentence: `Nobody reaches ${args.slug} until it is started again.`,
      confirm: args.slug ?? '',
    }),
    run: (call, input) => call(platform.stopTenant, { params: slugOf(input) }),
  },
  {
    path: ['tenants', 'start'],
    summary: 'Start its compute again',
    args: [SLUG],
    run: (call, input) => call(platform.startTenant, { params: slugOf(input) }),
  },
  {
    path: ['tenants', 'retry'],
    summary: 'Begin to provision it again after it failed',
    args: [SLUG],
    run: (call, input) => call(platform.retryOrg, { params: slugOf(input) }),
  },
  {
    path: ['tenants', 'redeploy'],
    summary: 'Bring one tenant to an image; it goes back by itself when the image does not serve',
    args: [SLUG],
    options: [{ flags: '--image <image>', doc: 'the newest when left out' }],
    run: (call, input) =>
      call(platform.redeployTenant, {
        params: slugOf(input),
        body: { target_tag: textOf(input.options.image) },
      }),
  },
  {
    path: ['tenants', 'pin'],
    summary: 'Hold a tenant on an image: rollouts to any other leave it out',
    args: [SLUG],
    options: [
      { flags: '--image <image>', doc: 'the one that it runs when left out' },
      { flags: '--reason <reason>', doc: 'why, for the audit' },
    ],
    run: (call, input) =>
      call(platform.pinTenant, {
        params: slugOf(input),
        body: { image: textOf(input.options.image), reason: textOf(input.options.reason) },
      }),
  },
  {
    path: ['tenants', 'unpin'],
    summary: 'Let rollouts reach a tenant again',
    args: [SLUG],
    run: (call, input) => call(platform.pinTenant, { params: slugOf(input), body: { image: null } }),
  },
];

const ROLLOUTS: readonly Verb[] = [
  {
    path: ['rollouts', 'start'],
    summary: 'Upgrade the fleet: a canary alone, a soak, then batches; the first failed batch stops it',
    options: [
      { flags: '--image <image>', doc: 'the newest when left out' },
      { flags: '--canary <slug>', doc: 'who gets it first' },
      { flags: '--soak <seconds>', doc: 'how long the canary is watched', read: countUpTo(86_400) },
      { flags: '--batch <n>', doc: 'how many at once afterwards', read: countUpTo(500) },
      { flags: '--dry-run', doc: 'say who would be upgraded, and do nothing' },
    ],
    danger: ({ options }) => ({
      sentence: options.dryRun
        ? 'Nothing is changed.'
        : 'Every tenant that is not pinned is upgraded, the canary first.',
      confirm: options.dryRun ? '' : 'upgrade',
    }),
    run: (call, { options }) =>
      call(platform.redeployFleet, {
        body: {
          target_tag: textOf(options.image),
          canary_slug: textOf(options.canary),
          ...(typeof options.soak === 'number' ? { soak_seconds: options.soak } : {}),
          ...(typeof options.batch === 'number' ? { batch_size: options.batch } : {}),
          dry_run: options.dryRun === true,
          confirm: true,
        },
      }),
  },
  {
    path: ['rollouts', 'list'],
    summary: 'Upgrades, newest first, with how many tenants are in which phase',
    options: [{ flags: '--limit <n>', doc: 'how many at most', read: countUpTo(100), fallback: 20 }],
    run: (call, input) => call(platform.listRollouts, { query: limitOf(input) }),
    table: {
      rows: ({ rollouts }: { rollouts: object[] }) => rollouts,
      columns: ['id', 'created_at', 'target', 'state', 'phases', 'error'],
    },
  },
  {
    path: ['rollouts', 'show'],
    summary: 'How far an upgrade is',
    args: [{ name: 'id', doc: 'as start and list tell it' }],
    run: (call, { args }) => call(platform.readRollout, { params: { id: args.id ?? '' } }),
    table: {
      rows: ({ tenants }: { tenants: object[] }) => tenants,
      columns: ['slug', 'phase', 'is_canary', 'error'],
    },
  },
  {
    path: ['rollouts', 'pause'],
    summary: 'Start no further tenant',
    args: [{ name: 'id', doc: 'as start and list tell it' }],
    run: (call, { args }) => call(platform.pauseRollout, { params: { id: args.id ?? '' } }),
  },
  {
    path: ['rollouts', 'resume'],
    summary: 'Go on',
    args: [{ name: 'id', doc: 'as start and list tell it' }],
    run: (call, { args }) => call(platform.resumeRollout, { params: { id: args.id ?? '' } }),
  },
];

const REST: readonly Verb[] = [
  {
    path: ['fleet', 'stats'],
    summary: 'Counts, and what is left of organisations that nobody knows',
    run: (call) => call(platform.readStats),
  },
  {
    path: ['fleet', 'audit'],
    summary: 'What was done, newest first',
    options: [
      LIMIT,
      { flags: '--before <id>', doc: 'older than this entry', read: countUpTo(Number.MAX_SAFE_INTEGER) },
    ],
    run: (call, input) => {
      const { before } = input.options;
      return call(platform.listAudit, {
        query: { ...limitOf(input), ...(before === undefined ? {} : { before: Number(before) }) },
      });
    },
    table: {
      rows: ({ entries }: { entries: object[] }) => entries,
      columns: ['id', 'at', 'actor', 'action', 'slug'],
    },
  },
  {
    path: ['keys', 'list'],
    summary: 'Partner keys that the caller may manage, newest first',
    run: (call) => call(platform.listPartnerKeys),
    table: {
      rows: ({ keys }: { keys: object[] }) => keys,
      columns: ['id', 'name', 'partner_id', 'scopes', 'expires_at', 'revoked_at', 'last_used_at'],
    },
  },
  {
    path: ['keys', 'create'],
    summary: 'Make a partner key; it is shown once',
    args: [
      { name: 'partner', doc: 'whose key it is' },
      { name: 'name', doc: 'what it is for' },
    ],
    options: [
      {
        flags: '--scopes <list>',
        doc: `comma between them: ${platform.PARTNER_SCOPES.join(', ')}`,
        read: (text) => text.split(',').map((scope) => scope.trim()),
        fallback: ['orgs:read'],
      },
      { flags: '--days <n>', doc: 'ends after so many days', read: countUpTo(3_650) },
      { flags: '--test', doc: 'for tests: it takes slugs that begin with e2e- besides' },
    ],
    run: (call, { args, options }) =>
      call(platform.createPartnerKey, {
        body: {
          partner_id: args.partner ?? '',
          name: args.name ?? '',
          scopes: options.scopes as platform.PartnerScope[],
          expires_in_days: typeof options.days === 'number' ? options.days : undefined,
          is_test: options.test === true ? true : undefined,
        },
      }),
  },
  {
    path: ['keys', 'revoke'],
    summary: 'Revoke a key at once',
    args: [{ name: 'id', doc: 'as list tells it' }],
    danger: ({ args }) => ({
      sentence: 'Whoever uses this key is refused from now on.',
      confirm: args.id ?? '',
    }),
    run: (call, { args }) => call(platform.revokePartnerKey, { params: { id: args.id ?? '' } }),
  },
];

export const VERBS: readonly Verb[] = [...ORGS, ...TENANTS, ...ROLLOUTS, ...REST];
export const GROUPS: Readonly<Record<string, string>> = {
  orgs: 'organisations',
  tenants: 'the tenant of an organisation',
  rollouts: 'upgrades of the fleet',
  fleet: 'all of it',
  keys: 'partner keys',
};
