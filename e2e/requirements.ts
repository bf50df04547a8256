// Requirements: what the product promises, as data. Each scenario cites the ids that it verifies; a test of its own finds
// promises without a scenario and citations without a promise. The wire contract's requirements stand in
// docs/requirements, row by row; `npm run check` finds those without a scenario.

import { join } from 'node:path';
import { readRequirementIds } from '../tooling/gates/requirement-documents.ts';

export const REQUIREMENTS = {
  'start.demo': 'A brand-new data folder brings up the demo organisation, every role online',
  'start.demo-once':
    'The demo organisation is whole, and there once, however often the first start was killed',
  'start.empty': 'MOLECULE_EMPTY=1 starts with no organisation',
  'start.resume': 'A second start resumes the same state',
  'start.stop': 'Ctrl-C drains and stops every child',
  'start.secrets': 'Generated secrets have mode 0600; the printed URL signs a browser in once',
  'start.safe': 'Listening beyond loopback without a credential refuses to boot, with one clear sentence',
  'start.refusals': 'A port or data folder in use is one clear sentence that says what to do',
  'start.open': 'Development mode on loopback is open and says so',
  'auth.closed': 'Without a credential nothing but the open routes answers',
  'demo.report': 'The demo organisation does honest work: the report holds the exact findings of the sample',
  'demo.hops': 'Delegation is visible at every hop',
  'demo.stream': 'Replies stream',
  'demo.import': 'POST /org/import imports a template',
  'demo.model': 'The same roles work on the model engine against the providers’ real protocols',
  'events.order': 'Stored events come in order and replay after a point',
  'kill.nothing-lost': 'kill -9 of the server at any time loses no acknowledged write',
  'kill.unanswered':
    'A call that a kill cut was promised nothing; sent again under its message id it is answered and written once',
  'kill.no-orphan':
    'After a kill the next start adopts or reaps what it finds; the final stop leaves no process',
  'delegation.ends': 'A delegation ends, also when the server is killed in its middle',
  'delegation.chain': 'A chain of delegations has one id, never comes back and is at most sixteen hops long',
  'input.typed': 'Bad input gets the typed error of the contract',
  'agent.config': 'A broken config.yaml and a missing provider key are one clear sentence on the workspace',
  'access.why': 'The server and the board say why two roles may or may not talk, and who could relay',
  'events.stream': 'Events of one workspace stream as server-sent events; metrics are there for Prometheus',
  'agent.faults': 'A hanging, lying or oversized agent gives a typed error and slows nobody else down',
  'store.external': 'DATABASE_URL and REDIS_URL replace the embedded stores',
  'webhook.github': 'Signed deliveries of GitHub trigger schedules or become messages, once each',
  'wire.everyone':
    'Published clients, an A2A client of another vendor and a browser work at once, under kills, and the books balance',
  'wire.vendor': 'An A2A client of another vendor talks to a role through the relay',
  'canvas.journey': 'A new user signs in, sees roles online, sends a task, watches it and reads the report',
  'canvas.keyboard': 'The board is operated by keyboard',
  'canvas.approvals':
    'Requests appear as they come and are decided on the canvas, one by one or many at once',
  'canvas.units': 'Logs are followed and a terminal is used on the canvas',
  'canvas.files': 'The files of a role are read, written, uploaded, downloaded and deleted on the canvas',
  'canvas.attachments':
    'Files go with a message and come back from a role, with progress, download and refusals in words',
  'canvas.skills': 'What a role says that it can do is read on the canvas, and follows its card',
  'canvas.secrets':
    'Secrets of a role and of every role are set and deleted on the canvas; no value is shown',
  'canvas.tokens': 'Organisation tokens are made, shown once, and revoked on the canvas',
  'canvas.sessions': 'The browsers that are signed in are listed and signed out on the canvas',
  'canvas.config': 'A configuration is edited as form and text, with a diff, its number and drift shown',
  'canvas.memory': 'What a role remembers is browsed, searched, written and forgotten on the canvas',
  'canvas.events': 'Stored events and the audit are read on the canvas as they happen',
  'canvas.collapse':
    'Teams are collapsed and expanded on board and outline, for everybody, and found when looked for',
  'canvas.newcomer':
    'Without a mouse: a team is built, works, is understood, mended, allowed and accounted for',
  'canvas.faults': 'A chat that breaks says why, loses nothing, and goes on when what broke is mended',
  'canvas.hops': 'A message under way is a line that leads to what was said',
  'canvas.numbers': 'A number leads to those that it counts',
  'canvas.move': 'The chart is reorganised on board and outline, by pointer and key, with a preview and undo',
  'canvas.hostile': 'Of 200 texts that are scripts in disguise none runs, in whatever field they stand',
  'canvas.languages':
    'The canvas speaks English, German and Chinese; no text of it stands outside of its catalogues',
  'canvas.first-steps':
    'First steps go on when the thing was done, are skipped by key, and stay away afterwards',
  'canvas.restart': 'The canvas survives a restart of the server',
  'canvas.empty': 'An empty tenant offers the demo organisation in one click',
  'platform.journey':
    'Sign up, make an organisation, watch it boot and land on its canvas under its own name',
  'platform.crash':
    'kill -9 of the control plane in the middle of a boot: it resumes and the tenant comes up',
  'platform.outage': 'With the control plane away, known tenants are served as before',
  'platform.names':
    'Every name leads to one place; unknown ones answer alike, and forged headers count for nothing',
  'platform.command': 'The molecule command does what operators do, and its exit code says how it went',
  'platform.console': 'An operator sees and steers the fleet in a browser, and nothing is kept behind',
  'platform.orgs':
    'Organisations are made, read and changed by who may, with the typed refusals of the contract',
  'platform.people': 'Accounts, sessions, invitations and roles; an organisation of others looks like none',
  'platform.keys':
    'Partner keys have scopes, a rate of their own, and reach their partner’s organisations only',
  'platform.lifecycle': 'Suspend, resume and delete; a deletion leaves the audit and nothing else',
  'platform.tenants': 'A tenant proves itself by its own token and is only ever itself',
  'platform.billing': 'Plans, checkout and signed events that act once',
  'platform.admin': 'Operators make, stop, inspect and audit, and never read a tenant’s token',
  'platform.fleet': 'A release reaches a canary first, and goes back where it does not serve',
  'platform.boundary': 'Nothing of what happens inside a tenant is kept by the platform',
  'platform.leaving':
    'A whole organisation leaves as one archive that another tenant takes in; its deletion proves itself',
  'platform.containers':
    'The docker driver: tenants as containers of an image that was made without a registry',
  'platform.isolation':
    'Two tenants with hostile administrators on one machine reach nothing of each other and nothing of the platform',
  'platform.stop': 'Ctrl-C stops tenants too, and the next start brings them back',
} as const;

/** A row of docs/requirements, such as `core.2.5-mint`. */
type DocumentedId = `core.${number}${string}`;
export type RequirementId = keyof typeof REQUIREMENTS | DocumentedId;

const documented = readRequirementIds(join(import.meta.dirname, '..'));

/** A scenario's title with the promises that it verifies, such as `[start.demo] …`. Throws on an id that nothing promises. */
export function verifies(ids: RequirementId | RequirementId[], title: string): string {
  const cited = [ids].flat();
  for (const id of cited) {
    if (!(id in REQUIREMENTS) && !documented.has(id)) throw new Error(`${id} is no requirement`);
  }
  return `[${cited.join(' ')}] ${title}`;
}
