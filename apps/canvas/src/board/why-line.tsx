// Why line: while one role is open and another is pointed at or focused, says whether the two may talk, and why.

import { useCanvas } from '../store/canvas-context.ts';
import { whyOf } from './why-of.ts';

/** Over the board it floats; under the outline it has its own place, so that it covers no line. */
export function WhyLine({ isFloating }: { isFloating: boolean }) {
  const openId = useCanvas((canvas) => (canvas.panel.kind === 'role' ? canvas.panel.id : null));
  const otherId = useCanvas((canvas) => canvas.pointedId ?? canvas.focusedId);
  const roles = useCanvas((canvas) => canvas.roles);
  const why = whyOf(roles, openId, otherId);
  return (
    <p
      role="status"
      className={`pointer-events-none m-0 flex justify-center px-4 text-note ${isFloating ? 'absolute inset-x-0 top-16 z-10' : 'min-h-14 flex-1 items-center py-2'}`}
    >
      {why ? (
        <span
          className={`max-w-[46rem] rounded-m border bg-surface px-3 py-1.5 shadow-(--shadow-card) ${why.allowed ? 'border-line' : 'border-warn'}`}
        >
          {why.sentence}
        </span>
      ) : null}
    </p>
  );
}
