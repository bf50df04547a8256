// Empty tenant: nothing is here yet; two ways to change that, one click each.

import { org, workspaces } from '@molecule/contracts';
import { useState } from 'react';
import { LanguageChoice } from '../../languages/language-choice.tsx';
import { say } from '../../languages/say.ts';
import { listWords } from '../../languages/value-words.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Mark } from '../../ui/mark.tsx';
import { failureWords } from '../workspaces/role-actions.ts';

type Choice = 'demo' | 'blank';

export function EmptyTenant() {
  const { call, follower, store } = useTools();
  const info = useCanvas((canvas) => canvas.tenant);
  const [busy, setBusy] = useState<Choice | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const start = async (choice: Choice) => {
    setBusy(choice);
    setTrouble(null);
    try {
      if (choice === 'demo') await importDemo();
      else await createBlank();
      follower.reread();
    } catch (error) {
      setTrouble(failureWords(error));
      setBusy(null);
    }
  };
  const importDemo = async () => {
    const reply = await call(org.importOrg, { body: { dir: info?.demo_template ?? '' } });
    if (reply.error)
      store.getState().notify({ tone: 'error', title: say('firstRun.notAllRolesWere'), detail: reply.error });
    const head = reply.workspaces[0];
    if (head) store.setState({ panel: { kind: 'role', id: head.id, tab: 'chat' }, focusedId: head.id });
  };
  const createBlank = async () => {
    const isModelReady = (info?.provider_keys.length ?? 0) > 0;
    const { id } = await call(workspaces.createWorkspace, {
      body: { name: say('firstRun.firstWorkspace'), runtime: isModelReady ? 'model' : 'rehearsal' },
    });
    store.setState({ panel: { kind: 'role', id, tab: 'chat' }, focusedId: id });
  };
  return (
    <main className="flex min-h-0 flex-1 items-center justify-center overflow-auto p-4">
      <div className="w-full max-w-176">
        <Mark className="size-10" />
        <h1 className="mt-4 mb-0 text-display font-semibold">{say('firstRun.nobodyWorksHereYet')}</h1>
        <p className="mt-2 mb-0 max-w-120 text-lead text-ink-soft">
          {say('firstRun.startWithAnOrganisation')}
        </p>
        <div className="mt-8 grid grid-cols-2 gap-4 max-[720px]:grid-cols-1">
          <Offer
            title={say('firstRun.demoOrganisation')}
            text={say('firstRun.aSmallOfficeOn')}
            note={engineNote(info?.provider_keys ?? [])}
          >
            <Button
              look="primary"
              icon="play"
              isBusy={busy === 'demo'}
              disabled={busy !== null || !info?.demo_template}
              onClick={() => void start('demo')}
            >
              {busy === 'demo' ? say('firstRun.startingTheRoles') : say('firstRun.startTheDemoOrganisation')}
            </Button>
          </Offer>
          <Offer title={say('firstRun.blankWorkspace')} text={say('firstRun.oneRoleWithNothing')} note={null}>
            <Button
              icon="plus"
              isBusy={busy === 'blank'}
              disabled={busy !== null}
              onClick={() => void start('blank')}
            >
              {busy === 'blank' ? say('firstRun.creating') : say('firstRun.blankWorkspace')}
            </Button>
          </Offer>
        </div>
        <div className="mt-6">
          <LanguageChoice />
        </div>
        {trouble ? (
          <p role="alert" className="mt-4 mb-0 flex gap-2 rounded-m bg-fail-soft px-4 py-3">
            <Icon name="degraded" className="mt-0.5 text-fail" />
            <span>
              <strong className="font-semibold">{say('firstRun.thatDidNotWork')}</strong> {trouble}
            </span>
          </p>
        ) : null}
      </div>
    </main>
  );
}

function engineNote(keys: readonly string[]): string {
  return keys.length === 0
    ? say('firstRun.noModelKeyIs')
    : say('firstRun.keysFound', { keys: listWords(keys) });
}

interface OfferProps {
  title: string;
  text: string;
  note: string | null;
  children: React.ReactNode;
}

function Offer({ title, text, note, children }: OfferProps) {
  return (
    <section className="flex flex-col rounded-l border border-line bg-surface p-6 shadow-(--shadow-card)">
      <h2 className="m-0 text-lead font-semibold">{title}</h2>
      <p className="mt-2 mb-0">{text}</p>
      {note ? <p className="mt-3 mb-0 text-note text-ink-soft">{note}</p> : null}
      <div className="mt-auto pt-6">{children}</div>
    </section>
  );
}
