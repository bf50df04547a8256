// Secret list: names, where each comes from, and since when. Never a value.

import { type ReactNode, useState } from 'react';
import { say } from '../../languages/say.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Icon } from '../../ui/icon.tsx';
import { agoPhrase } from '../../ui/relative-time.ts';
import { useNow } from '../../ui/use-now.ts';
import type { SecretLine } from './model.ts';
import { DeleteSecretDialog, SetSecretDialog } from './secret-dialogs.tsx';
import type { Holder } from './use-secrets.ts';

interface SecretListProps {
  holder: Holder;
  lines: readonly SecretLine[];
  intro: ReactNode;
  emptyText: string;
}

type Asked = { kind: 'set'; name: string | null } | { kind: 'delete'; line: SecretLine };

export function SecretList({ holder, lines, intro, emptyText }: SecretListProps) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const now = useNow(30_000);
  const close = () => setAsked(null);
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="flex items-center gap-3 border-b border-line px-5 py-3">
        <p className="m-0 min-w-0 flex-1 text-ink-soft">{intro}</p>
        <Button icon="plus" onClick={() => setAsked({ kind: 'set', name: null })}>
          {say('secrets.newSecret')}
        </Button>
      </div>
      {lines.length === 0 ? (
        <Empty icon="key" title={say('secrets.noSecretsYet')}>
          {emptyText}
        </Empty>
      ) : (
        <ul className="m-0 list-none p-0" aria-label={say('secrets.secrets')}>
          {lines.map((line) => (
            <li key={line.name} className="flex items-center gap-3 border-b border-line py-2.5 ps-5 pe-3">
              <Icon name="key" className={line.isOwn ? 'text-ink' : 'text-ink-soft'} />
              <div className="min-w-0 flex-1">
                <code className="block truncate font-mono text-note font-semibold" title={line.name}>
                  {line.name}
                </code>
                <span className="text-note text-ink-soft">
                  {originWords(line, holder)} ·{' '}
                  {say('secrets.set', { when: agoPhrase(line.updatedAtMs, now) })}
                </span>
              </div>
              <IconButton
                icon="pencil"
                label={
                  line.isOwn || holder === null
                    ? say('secrets.anotherValueForLine', { line: line.name })
                    : say('secrets.overrideLineHere', { line: line.name })
                }
                onClick={() => setAsked({ kind: 'set', name: line.name })}
              />
              {line.isOwn || holder === null ? (
                <IconButton
                  icon="trash"
                  label={say('secrets.deleteLine', { line: line.name })}
                  onClick={() => setAsked({ kind: 'delete', line })}
                />
              ) : (
                <span className="size-9 shrink-0" />
              )}
            </li>
          ))}
        </ul>
      )}
      {asked?.kind === 'set' ? <SetSecretDialog holder={holder} name={asked.name} onClose={close} /> : null}
      {asked?.kind === 'delete' ? (
        <DeleteSecretDialog
          holder={holder}
          name={asked.line.name}
          isOverride={asked.line.isOverride}
          onClose={close}
        />
      ) : null}
    </div>
  );
}

function originWords(line: SecretLine, holder: Holder): string {
  if (holder === null) return say('secrets.forEveryRole');
  if (line.isOverride) return say('secrets.ofThisRoleBefore');
  return line.isOwn ? say('secrets.ofThisRole') : say('secrets.forEveryRole');
}
