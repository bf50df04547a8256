// New role dialog: who it is, whom it reports to and what answers in it. Sent under one key, so that a second try after a
// lost answer makes no second role.

import type { workspaces } from '@molecule/contracts';
import { workspaces as routes } from '@molecule/contracts';
import { LIMITS } from '@molecule/domain';
import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { ManagerChoice } from '../reorganise/manager-choice.tsx';
import { revealTeam } from '../teams/collapse-team.ts';
import { engineWords } from '../workspaces/engine-words.ts';
import { attempt } from '../workspaces/role-actions.ts';
import { ConnectAgent } from './connect-agent.tsx';
import { EXTERNAL, engineOffers, firstEngine, isComplete, type RoleDraft, toBody } from './model.ts';

export function NewRoleDialog() {
  const { store } = useTools();
  const hiring = useCanvas((canvas) => canvas.hiring);
  if (!hiring) return null;
  const close = () => store.setState({ hiring: null });
  return <NewRole managerId={hiring.managerId} onClose={close} />;
}

function NewRole({ managerId, onClose }: { managerId: string | null; onClose: () => void }) {
  const tools = useTools();
  const info = useCanvas((canvas) => canvas.tenant);
  const [draft, setDraft] = useState<RoleDraft>({
    name: '',
    purpose: '',
    managerId,
    engine: firstEngine(info),
    model: '',
  });
  const [key] = useState(() => crypto.randomUUID());
  const [isBusy, setBusy] = useState(false);
  const [made, setMade] = useState<workspaces.CreateWorkspaceReply | null>(null);
  const put = (change: Partial<RoleDraft>) => setDraft((before) => ({ ...before, ...change }));
  const create = async () => {
    setBusy(true);
    let reply: workspaces.CreateWorkspaceReply | undefined;
    await attempt(tools, say('newRole.notMade'), async () => {
      reply = await tools.call(routes.createWorkspace, {
        body: toBody(draft),
        headers: { 'idempotency-key': key },
      });
    });
    setBusy(false);
    if (!reply) return;
    if (draft.managerId) await revealTeam(tools, draft.managerId);
    tools.store.setState({
      panel: { kind: 'role', id: reply.id, tab: draft.engine === EXTERNAL ? 'details' : 'chat' },
      focusedId: reply.id,
    });
    if (reply.connection) setMade(reply);
    else onClose();
  };
  if (made?.connection)
    return <ConnectAgent connection={made.connection} name={draft.name} onClose={onClose} />;
  return (
    <Dialog isOpen onClose={onClose} title={say('newRole.title')} description={say('newRole.whatARoleIs')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isComplete(draft) && !isBusy) void create();
        }}
      >
        <TextField
          className="mt-4"
          label={say('newRole.name')}
          value={draft.name}
          maxLength={LIMITS.nameChars}
          onChange={(name) => put({ name })}
        />
        <TextField
          className="mt-3"
          label={say('newRole.purpose')}
          hint={say('newRole.purposeHint')}
          value={draft.purpose}
          maxLength={LIMITS.roleChars}
          onChange={(purpose) => put({ purpose })}
        />
        <ManagerChoice
          className="mt-3"
          managerId={draft.managerId}
          onChoose={(next) => put({ managerId: next })}
        />
        <EngineChoice draft={draft} onChoose={put} />
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>{say('workspaces.cancel')}</Button>
          <Button look="primary" type="submit" disabled={!isComplete(draft)} isBusy={isBusy}>
            {say('newRole.make')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function EngineChoice({
  draft,
  onChoose,
}: {
  draft: RoleDraft;
  onChoose: (change: Partial<RoleDraft>) => void;
}) {
  const info = useCanvas((canvas) => canvas.tenant);
  const offers = engineOffers(info);
  const isSimulated = offers.find(({ name }) => name === draft.engine)?.isSimulated ?? false;
  const needsKey = draft.engine === 'model' && (info?.provider_keys.length ?? 0) === 0;
  return (
    <>
      <label className="mt-3 block">
        <span className="mb-1 block text-note text-ink-soft">{say('workspaces.engine')}</span>
        <select
          value={draft.engine}
          onChange={({ target }) => onChoose({ engine: target.value })}
          className="h-9 w-full rounded-s border border-line-strong bg-surface px-2"
        >
          {offers.map(({ name }) => (
            <option key={name} value={name}>
              {engineWords({ runtime: name, model: null })}
            </option>
          ))}
        </select>
      </label>
      <p className={`mt-1 mb-0 text-note ${needsKey ? 'text-warn' : 'text-ink-soft'}`}>
        {needsKey
          ? say('newRole.needsAKey')
          : isSimulated
            ? say('newRole.simulated')
            : draft.engine === EXTERNAL
              ? say('newRole.elsewhere')
              : say('newRole.runsHere')}
      </p>
      {draft.engine === EXTERNAL || isSimulated ? null : (
        <TextField
          className="mt-3"
          label={say('newRole.model')}
          hint={say('newRole.modelHint')}
          value={draft.model}
          onChange={(model) => onChoose({ model })}
        />
      )}
    </>
  );
}
