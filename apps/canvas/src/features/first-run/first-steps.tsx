// First steps: one line above the board that says what to do next. It covers nothing, takes no focus and blocks nothing; it
// goes on by itself when the thing was done, or by its button, and away for good when somebody skips it.

import { say, type WordKey } from '../../languages/say.ts';
import { isMac } from '../../shell/platform.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { nextStep, STEPS, type Step } from './model.ts';
import { goToStep, useAdvancing, useProgress } from './use-first-steps.ts';

const WORDS: Record<Step, WordKey> = {
  open: 'firstRun.stepOpen',
  ask: 'firstRun.stepAsk',
  watch: 'firstRun.stepWatch',
  look: 'firstRun.stepLook',
  palette: 'firstRun.stepPalette',
  done: 'firstRun.stepDone',
};
const COUNTED = STEPS.length - 1;

interface FirstStepsProps {
  isPaletteOpen: boolean;
  onPalette: () => void;
}

export function FirstSteps(props: FirstStepsProps) {
  const step = useProgress();
  return step === 'ended' ? null : <StepLine {...props} step={step} />;
}

function StepLine({ isPaletteOpen, onPalette, step }: FirstStepsProps & { step: Step }) {
  const { store } = useTools();
  useAdvancing(step, isPaletteOpen);
  const hasRoles = useCanvas((canvas) => canvas.isRead && Object.keys(canvas.roles).length > 0);
  if (!hasRoles) return null;
  const isDone = step === 'done';
  const show =
    step === 'look'
      ? () => store.setState({ panel: { kind: 'organisation' } })
      : step === 'palette'
        ? onPalette
        : null;
  return (
    <section
      aria-label={say('firstRun.steps')}
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-motion-soft px-4 py-1"
    >
      <Icon name={isDone ? 'online' : 'info'} className="text-motion" />
      <p role="status" className="m-0 min-w-40 flex-1">
        {isDone ? null : (
          <strong className="me-2 font-semibold">
            {say('firstRun.stepOf', { step: STEPS.indexOf(step) + 1, total: COUNTED })}
          </strong>
        )}
        {say(WORDS[step], { mod: isMac() ? '⌘' : say('palette.ctrl') })}
      </p>
      <span className="flex gap-1">
        {show ? <Button onClick={show}>{say('firstRun.showMe')}</Button> : null}
        {isDone ? null : (
          <Button look="quiet" onClick={() => goToStep(nextStep(step))}>
            {say('firstRun.next')}
          </Button>
        )}
        <Button look="quiet" onClick={() => goToStep('ended')}>
          {say(isDone ? 'firstRun.close' : 'firstRun.skip')}
        </Button>
      </span>
    </section>
  );
}
