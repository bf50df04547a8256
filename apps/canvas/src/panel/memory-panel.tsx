// Memory panel: the care of what the whole organisation remembers: suggestions, forgetting and its receipts.

import { useState } from 'react';
import { ForgetSubject } from '../features/memory-care/forget-subject.tsx';
import { Receipts } from '../features/memory-care/receipts.tsx';
import { Suggestions } from '../features/memory-care/suggestions.tsx';
import { say } from '../languages/say.ts';
import { Choice } from '../ui/choice.tsx';
import { PanelFrame } from './panel-frame.tsx';

const parts = () =>
  [
    { value: 'suggestions', label: say('memoryCare.suggestions') },
    { value: 'forget', label: say('memoryCare.forget') },
    { value: 'receipts', label: say('memoryCare.receipts') },
  ] as const;

export default function MemoryPanel() {
  const [part, setPart] = useState<ReturnType<typeof parts>[number]['value']>('suggestions');
  return (
    <PanelFrame
      label={say('memoryCare.title')}
      heading={<h2 className="m-0 text-lead font-semibold">{say('memoryCare.title')}</h2>}
    >
      <div className="flex border-b border-line px-5 pb-3">
        <Choice label={say('panel.whatIsShown')} options={parts()} value={part} onChoose={setPart} />
      </div>
      {part === 'suggestions' ? <Suggestions /> : null}
      {part === 'forget' ? <ForgetSubject onForgotten={() => setPart('receipts')} /> : null}
      {part === 'receipts' ? <Receipts /> : null}
    </PanelFrame>
  );
}
