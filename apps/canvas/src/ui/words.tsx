// Words: an agent's words. Plain while the setter is being loaded, or when they are too many to set.

import { lazy, memo, Suspense } from 'react';

const Markdown = lazy(() => import('./markdown.tsx'));
/** Longer texts stay plain: setting them would hold the page. */
const SET_LIMIT_CHARS = 60_000;

export const Words = memo(function Words({ text }: { text: string }) {
  const plain = <div className="leading-relaxed break-words whitespace-pre-wrap">{text}</div>;
  if (text.length > SET_LIMIT_CHARS) return plain;
  return (
    <Suspense fallback={plain}>
      <Markdown text={text} />
    </Suspense>
  );
});
