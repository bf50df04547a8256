// Details tab: how a role is and why, what it is made of, and what a person can do to it.

import { TIER_NAMES, type Tier } from '@molecule/domain';
import { type ReactNode, useState } from 'react';
import { useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { agoWords, durationWords } from '../../ui/relative-time.ts';
import { SimulatedMark } from '../../ui/simulated-mark.tsx';
import { useNow } from '../../ui/use-now.ts';
import { BackendChoice } from './backend-choice.tsx';
import { CopyText } from './copy-text.tsx';
import { engineWords, substitutionWords } from './engine-words.ts';
import type { Role } from './model.ts';
import { RemoveDialog } from './remove-dialog.tsx';
import { RenameDialog } from './rename-dialog.tsx';
import { pauseRole, restartRole, resumeRole } from './role-actions.ts';
import { StatusBadge } from './status-badge.tsx';
import { STATUS_LOOKS } from './status-look.ts';

/** Sections of other features stand between what can be done and what the role is made of. */
export function DetailsTab({ role, children }: { role: Role; children?: ReactNode }) {
  const now = useNow(10_000);
  const substitution = substitutionWords(role);
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <section className="border-b border-line px-5 py-4">
        <StatusBadge status={role.status} />
        <p className="mt-2 mb-0">{STATUS_LOOKS[role.status].meaning}</p>
        <Reason role={role} />
        <RoleButtons role={role} />
      </section>
      {children}
      <dl className="m-0 grid grid-cols-[8rem_1fr] gap-x-4 gap-y-2.5 px-5 py-4">
        <Field label="Purpose">{role.purpose ?? 'None given'}</Field>
        <Field label="Engine">
          <span className="flex flex-wrap items-center gap-2">
            {engineWords(role)}
            {role.isSimulated ? <SimulatedMark /> : null}
          </span>
          {substitution ? (
            <span className="mt-1 block text-note text-warn">{upperFirst(substitution)}.</span>
          ) : null}
        </Field>
        <Field label="Working on">{role.activeTasks > 0 ? role.currentTask || 'A task' : 'Nothing'}</Field>
        <Field label="Tasks">
          {role.activeTasks} of {role.maxConcurrentTasks} at once
        </Field>
        <Field label="Tier">{tierWords(role.tier)}</Field>
        <Field label="Backend">
          <BackendChoice role={role} />
        </Field>
        <Field label="Delivery">
          {role.deliveryMode === 'poll' ? 'Fetches its messages' : 'Gets messages pushed'}
        </Field>
        <Field label="Up for">
          {role.uptimeSeconds > 0 ? durationWords(role.uptimeSeconds * 1000) : 'Not told yet'}
        </Field>
        <Field label="Last heartbeat">
          {role.lastHeartbeatAt ? heartbeatWords(Date.parse(role.lastHeartbeatAt), now) : 'Never'}
        </Field>
        <Field label="Recent failures">{Math.round(role.errorRate * 100)} %</Field>
        <Field label="Address">{role.url ? <CopyText text={role.url} /> : 'None'}</Field>
        <Field label="Id">
          <CopyText text={role.id} />
        </Field>
        <Field label="Created">{new Date(role.createdAt).toLocaleString()}</Field>
      </dl>
    </div>
  );
}

function heartbeatWords(atMs: number, now: number): string {
  const ago = agoWords(atMs, now);
  return ago === 'now' ? 'Just now' : `${ago} ago`;
}

function Reason({ role }: { role: Role }) {
  const isWell = role.status === 'online';
  const text = role.statusDetail || (isWell ? '' : role.lastError);
  if (!text && !role.statusReason) return null;
  return (
    <p className="mt-3 mb-0 flex gap-2 rounded-m bg-sunken px-3 py-2.5">
      <Icon name="info" className="mt-0.5" />
      <span className="min-w-0 break-words">
        {text || 'No further words.'}
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
  const [asked, setAsked] = useState<'remove' | 'rename' | null>(null);
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
          Resume
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
              Restart
            </Button>
          )}
          <Button
            icon="paused"
            isBusy={busy === 'pause'}
            onClick={() => void run('pause', () => pauseRole(tools, role.id))}
          >
            Pause
          </Button>
        </>
      )}
      <Button icon="pencil" onClick={() => setAsked('rename')}>
        Rename
      </Button>
      <Button
        icon="board"
        onClick={() => tools.store.setState({ moving: { ids: [role.id], to: undefined } })}
      >
        Move
      </Button>
      <Button icon="trash" look="danger" onClick={() => setAsked('remove')}>
        Remove
      </Button>
      <RemoveDialog role={role} isOpen={asked === 'remove'} onClose={() => setAsked(null)} />
      {asked === 'rename' ? <RenameDialog role={role} onClose={() => setAsked(null)} /> : null}
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
  return name ? `${tier} · ${name}` : String(tier);
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
