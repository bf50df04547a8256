// Crash screen: a bug in the canvas itself. Says so, and offers the only thing that helps.

import { Component, type ReactNode } from 'react';
import { say } from '../languages/say.ts';
import { Button } from './button.tsx';

interface CrashState {
  error: Error | null;
}

export class CrashScreen extends Component<{ children: ReactNode }, CrashState> {
  override state: CrashState = { error: null };

  static getDerivedStateFromError(error: Error): CrashState {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <main className="flex h-full items-center justify-center p-4" role="alert">
        <div className="max-w-120">
          <h1 className="m-0 text-title font-semibold">{say('ui.theCanvasMetA')}</h1>
          <p className="mt-2 text-ink-soft">{say('ui.yourOrganisationIsNot')}</p>
          <p className="mt-2 font-mono text-note break-words">{error.message}</p>
          <Button look="primary" className="mt-4" onClick={() => location.reload()}>
            {say('ui.loadAgain')}
          </Button>
        </div>
      </main>
    );
  }
}
