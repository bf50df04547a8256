// Isolation words: what really separates a running role from the machine and from others, short and in full.

import type { IsolationKind, IsolationState } from '@molecule/domain';
import { say } from '../../languages/say.ts';
import type { Role } from './model.ts';

const LABELS: Readonly<Record<Exclude<IsolationKind, 'unknown'>, () => string>> = {
  instance: () => say('workspaces.inInstance'),
  container: () => say('workspaces.inContainer'),
  own_user: () => say('workspaces.asOwnUser'),
  server_user: () => say('workspaces.asServerUser'),
  elsewhere: () => say('workspaces.runsElsewhere'),
};
const STATES: readonly IsolationState[] = ['enforced', 'watched', 'not_enforced'];
const HEADINGS: Readonly<Record<IsolationState, () => string>> = {
  enforced: () => say('workspaces.isolationEnforced'),
  watched: () => say('workspaces.isolationWatched'),
  not_enforced: () => say('workspaces.isolationNotEnforced'),
};

/** Null while nothing runs, or nobody knows. */
export function isolationLabel({ isolation }: Pick<Role, 'isolation'>): string | null {
  if (!isolation || isolation.kind === 'unknown') return null;
  return LABELS[isolation.kind]();
}

export function IsolationMark({ role }: { role: Role }) {
  const label = isolationLabel(role);
  if (label === null) return null;
  const isOpen = role.isolation?.kind === 'server_user';
  return (
    <span className={`text-note whitespace-nowrap ${isOpen ? 'text-warn' : 'text-ink-soft'}`}>{label}</span>
  );
}

export function IsolationWords({ role }: { role: Role }) {
  const { isolation } = role;
  const label = isolationLabel(role);
  if (!isolation || label === null) return <>{say('workspaces.isolationUnknown')}</>;
  return (
    <>
      {label}
      {isolation.tier === role.tier ? null : (
        <span className="block text-note text-warn">
          {say('workspaces.isolationOfTier', { tier: isolation.tier })}
        </span>
      )}
      {STATES.map((state) => {
        const found = isolation.aspects.filter((each) => each.state === state);
        if (found.length === 0) return null;
        return (
          <div key={state} className="mt-1.5 text-note">
            <span className={state === 'enforced' ? 'text-ink-soft' : 'text-warn'}>{HEADINGS[state]()}</span>
            <ul className="m-0 ps-4">
              {found.map(({ aspect, text }) => (
                <li key={aspect}>
                  <code className="font-mono">{aspect}</code> {/* The server's own words, as in the log. */}
                  <span translate="no" lang="en">
                    {text}
                  </span>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </>
  );
}
