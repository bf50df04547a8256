// Move dialog: whom a role reports to from now on, and what that changes before it is done.

import { useMemo, useState } from 'react';
import { RichWords } from '../../languages/rich-words.tsx';
import { say } from '../../languages/say.ts';
import { listWords } from '../../languages/value-words.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Icon } from '../../ui/icon.tsx';
import type { Roles } from '../workspaces/model.ts';
import { ManagerChoice } from './manager-choice.tsx';
import { MemoryEffects } from './memory-effects.tsx';
import { type MovePreview, type Pair, previewMove, topmost } from './model.ts';
import { moveRoles, namesOf } from './reorganise-roles.ts';

export function MoveDialog() {
  const { store } = useTools();
  const moving = useCanvas((canvas) => canvas.moving);
  if (!moving) return null;
  const close = () => store.setState({ moving: null });
  return <MoveQuestion key={moving.ids.join()} ids={moving.ids} to={moving.to} onClose={close} />;
}

interface MoveQuestionProps {
  ids: readonly string[];
  /** Undefined while nobody was chosen. */
  to: string | null | undefined;
  onClose: () => void;
}

function MoveQuestion({ ids, to, onClose }: MoveQuestionProps) {
  const tools = useTools();
  const roles = useCanvas((canvas) => canvas.roles);
  const moving = useMemo(() => topmost(roles, ids), [roles, ids]);
  const current = roles[moving[0] ?? '']?.parentId ?? null;
  const [managerId, setManagerId] = useState<string | null>(to === undefined ? current : to);
  const [isBusy, setBusy] = useState(false);
  const preview = useMemo(() => previewMove(roles, moving, managerId), [roles, moving, managerId]);
  const isSame = moving.every((id) => (roles[id]?.parentId ?? null) === managerId);
  const move = async () => {
    setBusy(true);
    const isMoved = await moveRoles(tools, moving, managerId);
    setBusy(false);
    if (!isMoved) return;
    tools.store.setState({ chosenIds: new Set() });
    onClose();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={say('reorganise.moveRoles', { names: namesOf(roles, moving) })}
      description={say('reorganise.whoStandsBelowComes')}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isSame && !preview.trouble && !isBusy) void move();
        }}
      >
        <ManagerChoice className="mt-4" managerId={managerId} onChoose={setManagerId} />
        <div role="status" className="mt-4 min-h-24">
          <Effects preview={preview} roles={roles} isSame={isSame} />
          {isSame || preview.trouble ? null : <MemoryEffects ids={moving} managerId={managerId} />}
        </div>
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>{say('reorganise.leaveIt')}</Button>
          <Button look="primary" type="submit" disabled={isSame || preview.trouble !== null} isBusy={isBusy}>
            {say('reorganise.move')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Effects({ preview, roles, isSame }: { preview: MovePreview; roles: Roles; isSame: boolean }) {
  if (isSame) return <p className="m-0 text-ink-soft">{say('reorganise.thatIsWhereIt')}</p>;
  if (preview.trouble) {
    return (
      <p className="m-0 flex gap-2 text-fail">
        <Icon name="failed" className="mt-0.5" />
        {preview.trouble}
      </p>
    );
  }
  if (preview.gained.length + preview.lost.length === 0) {
    return <p className="m-0 text-ink-soft">{say('reorganise.nobodyMayTalkTo')}</p>;
  }
  return (
    <>
      <PairList
        title={say('reorganise.mayTalkFromThen')}
        icon="plus"
        tone="text-well"
        pairs={preview.gained}
        roles={roles}
      />
      <PairList
        title={say('reorganise.mayNotTalkAny')}
        icon="minus"
        tone="text-fail"
        pairs={preview.lost}
        roles={roles}
      />
    </>
  );
}

interface PairListProps {
  title: string;
  icon: 'plus' | 'minus';
  tone: string;
  pairs: readonly Pair[];
  roles: Roles;
}

const SHOWN = 8;

function PairList({ title, icon, tone, pairs, roles }: PairListProps) {
  if (pairs.length === 0) return null;
  const byMoved = new Map<string, string[]>();
  for (const { movedId, otherId } of pairs) {
    byMoved.set(movedId, [
      ...(byMoved.get(movedId) ?? []),
      roles[otherId]?.name ?? say('reorganise.aRemovedRole'),
    ]);
  }
  return (
    <section className="mt-2 first:mt-0">
      <h3 className={`m-0 flex items-center gap-2 text-body font-semibold ${tone}`}>
        <Icon name={icon} />
        {title}
      </h3>
      <ul className="mt-1 mb-0 max-h-40 list-none overflow-y-auto ps-6">
        {[...byMoved].slice(0, SHOWN).map(([movedId, others]) => (
          <li key={movedId}>
            <RichWords
              of={others.length > SHOWN ? 'reorganise.pairsMore' : 'reorganise.pairs'}
              values={{
                role: roles[movedId]?.name ?? '',
                others: listWords(others.slice(0, SHOWN)),
                more: others.length - SHOWN,
              }}
              tags={{
                b: (name) => <strong className="font-semibold">{name}</strong>,
                soft: (word) => <span className="text-ink-soft">{word}</span>,
              }}
            />
          </li>
        ))}
        {byMoved.size > SHOWN ? (
          <li>{say('reorganise.andSizeMoreRoles', { size: byMoved.size - SHOWN })}</li>
        ) : null}
      </ul>
    </section>
  );
}
