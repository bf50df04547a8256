// Sign-in page: shown when the server wants a credential. Says where to find one.

import { CallError } from '@molecule/client';
import { tenant } from '@molecule/contracts';
import { type FormEvent, useState } from 'react';
import { LanguageChoice } from '../../languages/language-choice.tsx';
import { RichWords } from '../../languages/rich-words.tsx';
import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Mark } from '../../ui/mark.tsx';
import { failureWords } from '../workspaces/role-actions.ts';

export function SignInPage() {
  const { call, follower } = useTools();
  const [token, setToken] = useState('');
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const signIn = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble(null);
    try {
      await call(tenant.signIn, { body: { token: token.trim() } });
      setToken('');
      follower.start();
    } catch (error) {
      setTrouble(
        error instanceof CallError && (error.status === 401 || error.status === 403)
          ? say('session.thisIsNotThe')
          : failureWords(error),
      );
    } finally {
      setBusy(false);
    }
  };
  return (
    <main className="flex h-full items-center justify-center overflow-auto p-4">
      <form
        onSubmit={(event) => void signIn(event)}
        className="w-full max-w-104 rounded-l border border-line bg-surface p-8 shadow-(--shadow-card)"
      >
        <Mark className="size-9" />
        <h1 className="mt-4 mb-0 text-title font-semibold">{say('session.signInToMolecule')}</h1>
        <p className="mt-2 mb-0 text-ink-soft">{say('session.thisBoardBelongsTo')}</p>
        <label className="mt-6 block">
          <span className="mb-1 block font-medium">{say('session.adminToken')}</span>
          <input
            type="password"
            value={token}
            autoComplete="current-password"
            required
            aria-invalid={trouble !== null}
            aria-describedby={trouble ? 'sign-in-trouble' : 'sign-in-hint'}
            onChange={(event) => setToken(event.target.value)}
            className="h-10 w-full rounded-s border border-line-strong bg-raised px-3 font-mono outline-offset-0"
          />
        </label>
        {trouble ? (
          <p id="sign-in-trouble" role="alert" className="mt-2 mb-0 flex gap-2 text-fail">
            <Icon name="degraded" className="mt-0.5" />
            {trouble}
          </p>
        ) : null}
        <Button
          look="primary"
          type="submit"
          isBusy={isBusy}
          disabled={token.trim() === ''}
          className="mt-4 w-full"
        >
          {say('session.signIn')}
        </Button>
        <p id="sign-in-hint" className="mt-6 mb-0 border-t border-line pt-4 text-note text-ink-soft">
          <RichWords
            of="session.hint"
            values={{ file: 'admin-token' }}
            tags={{ code: (name) => <code className="font-mono">{name}</code> }}
          />
        </p>
        <div className="mt-4 text-note">
          <LanguageChoice />
        </div>
      </form>
    </main>
  );
}
