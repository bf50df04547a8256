// Simulated mark: stands wherever words come from a script instead of a model.

import { say } from '../languages/say.ts';

export function SimulatedMark({ isShort = false }: { isShort?: boolean }) {
  return (
    <span
      className="inline-flex items-center rounded-s border border-dashed border-line-strong px-1.5 text-note whitespace-nowrap text-ink-soft"
      title={say('ui.aScriptAnswersHere')}
    >
      {isShort ? say('ui.rehearsal') : say('ui.rehearsalNoModel')}
    </span>
  );
}
