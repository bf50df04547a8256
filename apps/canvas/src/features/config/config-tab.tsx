// Config tab: the config.yaml of a role as a form or as its text, what is wrong with it, and what saving would change.

import { CallError } from '@molecule/client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useMemo, useState } from 'react';
import { say } from '../../languages/say.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Choice } from '../../ui/choice.tsx';
import { Code } from '../../ui/code.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Reading } from '../activity/activity-tab.tsx';
import { draftKey, readText } from '../files/index.ts';
import type { Role } from '../workspaces/model.ts';
import { OutOfReach } from '../workspaces/out-of-reach.tsx';
import { ConfigForm } from './config-form.tsx';
import { GenerationLine } from './generation-line.tsx';
import { type Trouble, troublesOf } from './model.ts';
import { CONFIG_FILE, SaveConfigDialog } from './save-config-dialog.tsx';

const views = () =>
  [
    { value: 'form', label: say('config.form') },
    { value: 'yaml', label: say('config.yaml') },
  ] as const;
const ROOT = '/configs';

export default function ConfigTab({ role }: { role: Role }) {
  const { store, call } = useTools();
  const client = useQueryClient();
  const [view, setView] = useState<'form' | 'yaml'>('form');
  const [isSaving, setSaving] = useState(false);
  const queryKey = ['file', role.id, ROOT, CONFIG_FILE];
  const file = useQuery({
    queryKey,
    queryFn: () => readText(call, { roleId: role.id, root: ROOT }, CONFIG_FILE).catch(emptyIfAbsent),
    retry: false,
  });
  const key = draftKey(role.id, ROOT, CONFIG_FILE);
  const draft = useCanvas((canvas) => canvas.drafts[key]);
  const text = draft ?? file.data ?? '';
  const settled = useDeferredValue(text);
  const troubles = useMemo(() => troublesOf(settled), [settled]);
  const isBroken = troubles.some((trouble) => trouble.isFatal);
  const { setDraft } = store.getState();
  const change = (next: string) => setDraft(key, next === file.data ? null : next);
  if (role.runtime === 'external') {
    return (
      <Empty icon="info" title={say('config.thisAgentRunsElsewhere')}>
        {say('config.anExternalAgentIs')}
      </Empty>
    );
  }
  if (file.error)
    return <OutOfReach what="configuration" error={file.error} onRetry={() => void file.refetch()} />;
  if (file.data === undefined) return <Reading />;
  const isYaml =
    view === 'yaml' || (isBroken && troubles.some((trouble) => trouble.isFatal) && !isParsed(troubles));
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <GenerationLine role={role} />
      <div className="flex items-center gap-2 border-b border-line px-5 py-2">
        <Choice
          label={say('config.howItIsShown')}
          options={views()}
          value={isYaml ? 'yaml' : 'form'}
          onChoose={setView}
        />
        <div className="ms-auto flex gap-2">
          {draft === undefined ? null : (
            <Button look="quiet" onClick={() => setDraft(key, null)}>
              {say('config.discard')}
            </Button>
          )}
          <Button
            look={draft === undefined ? 'plain' : 'primary'}
            disabled={draft === undefined || isBroken}
            onClick={() => setSaving(true)}
          >
            {say('config.reviewAndSave')}
          </Button>
        </div>
      </div>
      {isYaml ? (
        <Code
          label={say('config.textOfConfigYaml')}
          fileName={CONFIG_FILE}
          text={text}
          onChange={change}
          onSave={() => !isBroken && draft !== undefined && setSaving(true)}
        />
      ) : (
        <ConfigForm text={text} onChange={change} />
      )}
      {troubles.length > 0 ? <Troubles troubles={troubles} /> : null}
      {isSaving && draft !== undefined ? (
        <SaveConfigDialog
          role={role}
          before={file.data}
          after={draft}
          onClose={() => setSaving(false)}
          onOther={(other) => client.setQueryData(queryKey, other)}
          onSaved={(saved) => {
            setSaving(false);
            client.setQueryData(queryKey, saved);
            setDraft(key, null);
            void client.invalidateQueries({ queryKey: ['generation', role.id] });
          }}
        />
      ) : null}
    </div>
  );
}

/** Broken YAML has no fields to show; a wrong value has. */
function isParsed(troubles: readonly Trouble[]): boolean {
  return !troubles.some((trouble) => trouble.isUnparsed);
}

function emptyIfAbsent(error: unknown): string {
  if (error instanceof CallError && error.status === 404) return '';
  throw error;
}

function Troubles({ troubles }: { troubles: readonly Trouble[] }) {
  return (
    <ul
      aria-label={say('config.whatIsWrongWith')}
      className="m-0 max-h-32 list-none overflow-y-auto border-t border-line bg-sunken px-5 py-2"
    >
      {troubles.map((trouble) => (
        <li key={`${trouble.line}${trouble.message}`} className="flex items-start gap-2 py-0.5">
          <Icon
            name={trouble.isFatal ? 'failed' : 'info'}
            className={`mt-0.5 ${trouble.isFatal ? 'text-fail' : 'text-ink-soft'}`}
          />
          <span className="min-w-0">
            <span className="text-ink-soft">{say('config.lineLine', { line: trouble.line })}</span>{' '}
            {trouble.message}
          </span>
        </li>
      ))}
    </ul>
  );
}
