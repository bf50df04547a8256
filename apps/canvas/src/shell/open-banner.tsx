// Open banner: said for as long as the server lets anybody in.

import { say } from '../languages/say.ts';
import { useCanvas } from '../store/canvas-context.ts';
import { Icon } from '../ui/icon.tsx';

export function OpenBanner() {
  const info = useCanvas((canvas) => canvas.tenant);
  if (!info?.is_open) return null;
  return (
    <div role="note" className="flex items-center gap-3 border-b border-line bg-warn-soft px-4 py-1.5">
      <Icon name="degraded" className="text-warn" />
      <p className="m-0 min-w-0">
        <strong className="font-semibold">{say('shell.thisServerIsOpen')}</strong>{' '}
        <span className="text-ink-soft">
          {info.mode === 'development'
            ? say('shell.developmentModeEveryProgram')
            : say('shell.noCredentialExistsYet')}
        </span>
      </p>
    </div>
  );
}
