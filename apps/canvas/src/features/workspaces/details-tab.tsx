// Details tab: how a role is and why, what it is made of, and what a person can do to it.

import { TIER_NAMES, type Tier } from '@molecule/domain';
import { type ReactNode, useState } from 'react';
import { say } from '../../languages/say.ts';
import { timeWords } from '../../languages/value-words.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { agoPhrase, durationWords } from '../../ui/relative-time.ts';
import { SimulatedMark } from '../../ui/simulated-mark.tsx';
import { useNow } from '../../ui/use-now.ts';
import { askNewRole } from '../new-role/ask-new-role.ts';
import { RoleSpend } from '../spend/role-spend.tsx';
import { BackendChoice } from './backend-choice.tsx';
import { CopyText } from './copy-text.tsx';
import { engineWords, substitutionWords } from './engine-words.ts';
import { IsolationWords } from './isolation-words.tsx';
import type { Role } from './model.ts';
import { pauseRole, restartRole, resumeRole } from './role-actions.ts';
import { StatusBadge } from './status-badge.tsx';
import { statusMeaning } from './status-look.ts';

/** Sections of other features stand between what can be done and what the role is made of. */
export function DetailsTab({ role, children }: { role: Role; children?: ReactNode }) {
  const now = useNow(10_000);
  const substitution = substitutionWords(role);
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <section className="border-b border-line px-5 py-4">
        <StatusBadge status={role.status} />
        <p className="mt-2 mb-0">{statusMeaning(role.status)}</p>
        <Reason role={role} />
        <RoleButtons role={role} />
      </section>
      {children}
      <dl className="m-0 grid grid-cols-[8rem_1fr] gap-x-4 gap-y-2.5 px-5 py-4">
        <Field label={say('workspaces.purpose')}>{role.purpose ?? say('workspaces.noneGiven')}</Field>
        <Field label={say('workspaces.engine')}>
          <span className="flex flex-wrap items-center gap-2">
            {engineWords(role)}
            {role.isSimulated ? <SimulatedMark /> : null}
          </span>
          {substitution ? (
            <span className="mt-1 block text-note text-warn">{upperFirst(substitution)}.</span>
          ) : null}
        </Field>
        <Field label={say('workspaces.workingOn')}>
          {role.activeTasks > 0 ? role.currentTask || say('workspaces.aTask') : say('workspaces.nothing')}
        </Field>
        <Field label={say('workspaces.tasksLabel')}>
          {say('workspaces.atOnce', {
            activeTasks: role.activeTasks,
            maxConcurrentTasks: role.maxConcurrentTasks,
          })}
        </Field>
        <Field label={say('workspaces.queue')}>
          {role.queueDepth > 0
            ? say('workspaces.waitingMessages', { count: role.queueDepth })
            : say('workspaces.nothingWaits')}
        </Field>
        <Field label={say('spend.thisMonth')}>
          <RoleSpend role={role} />
        </Field>
        <Field label={say('workspaces.tierLabel')}>{tierWords(role.tier)}</Field>
        <Field label={say('workspaces.backend')}>
          <BackendChoice role={role} />
        </Field>
        <Field label={say('workspaces.isolation')}>
          <IsolationWords role={role} />
        </Field>
        <Field label={say('workspaces.delivery')}>
          {role.deliveryMode === 'poll'
            ? say('workspaces.fetchesItsMessages')
            : say('workspaces.getsMessagesPushed')}
        </Field>
        <Field label={say('workspaces.upFor')}>
          {role.uptimeSeconds > 0 ? durationWords(role.uptimeSeconds * 1000) : say('workspaces.notToldYet')}
        </Field>
        <Field label={say('workspaces.lastHeartbeat')}>
          {role.lastHeartbeatAt
            ? upperFirst(agoPhrase(Date.parse(role.lastHeartbeatAt), now))
            : say('workspaces.never')}
        </Field>
        <Field label={say('workspaces.recentFailures')}>{Math.round(role.errorRate * 100)} %</Field>
        <Field label={say('workspaces.address')}>
          {role.url ? <CopyText text={role.url} /> : say('workspaces.none')}
        </Field>
        <Field label={say('workspaces.id')}>
          <CopyText text={role.id} />
        </Field>
        <Field label={say('workspaces.created')}>
          <time dateTime={role.createdAt}>{timeWords(role.createdAt, 'full')}</time>
        </Field>
      </dl>
    </div>
  );
}

function Reason({ role }: { role: Role }) {
  const isWell = role.status === 'online';
  const text = role.statusDetail || (isWell ? '' : role.lastError);
  if (!text && !role.statusReason) return null;
  return (
    <p className="mt-3 mb-0 flex gap-2 rounded-m bg-sunken px-3 py-2.5">
      <Icon name="info" className="mt-0.5" />
      <span className="min-w-0 break-words">
        {text || say('workspaces.noFurtherWords')}
        {role.statusReason ? (
          <code className="block font-mono text-note text-ink-soft">{role.statusReason}</code>
        ) : null}
      </span>
    </p>
  );
}

function RoleButtons({ role }: { role: Role }) {
  const tools = useTools();
  const [busy, setBusy] = useState<string | null>(null);
  const ask = (what: 'remove' | 'rename') => tools.store.setState({ asking: { id: role.id, what } });
  const run = async (name: string, action: () => Promise<unknown>) => {
    setBusy(name);
    try {
      await action();
    } finally {
      setBusy(null);
    }
  };
  const isPaused = role.status === 'paused';
  const isExternal = role.runtime === 'external';
  return (
    <div className="mt-4 flex flex-wrap gap-2">
      {isPaused ? (
        <Button
          icon="play"
          look="primary"
          isBusy={busy === 'resume'}
          onClick={() => void run('resume', () => resumeRole(tools, role.id))}
        >
          {say('workspaces.resume')}
        </Button>
      ) : (
        <>
          {isExternal ? null : (
            <Button
              icon="restart"
              look={role.status === 'failed' ? 'primary' : 'plain'}
              isBusy={busy === 'restart'}
              onClick={() => void run('restart', () => restartRole(tools, role.id))}
            >
              {say('workspaces.restart')}
            </Button>
          )}
          <Button
            icon="paused"
            isBusy={busy === 'pause'}
            onClick={() => void run('pause', () => pauseRole(tools, role.id))}
          >
            {say('workspaces.pause')}
          </Button>
        </>
      )}
      <Button icon="pencil" onClick={() => ask('rename')}>
        {say('workspaces.rename')}
      </Button>
      <Button
        icon="board"
        onClick={() => tools.store.setState({ moving: { ids: [role.id], to: undefined } })}
      >
        {say('workspaces.move')}
      </Button>
      <Button icon="person" onClick={() => askNewRole(tools, role.id)}>
        {say('newRole.report')}
      </Button>
      <Button icon="trash" look="danger" onClick={() => ask('remove')}>
        {say('workspaces.remove')}
      </Button>
    </div>
  );
}

function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-soft">{label}</dt>
      <dd className="m-0 min-w-0 break-words">{children}</dd>
    </>
  );
}

function tierWords(tier: number): string {
  const name = TIER_NAMES[tier as Tier];
  return name ? `${tier} · ${say('workspaces.tier', { name })}` : String(tier);
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
