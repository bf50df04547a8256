// Words: an agent's words. Plain while the setter is being loaded, when it can't be (the server was replaced by another
// build meanwhile), or when they are too many to set.

import { lazy, memo, Suspense } from 'react';

const Markdown = lazy(() => import('./markdown.tsx').catch(() => ({ default: PlainWords })));
/** Longer texts stay plain: setting them would hold the page. */
const SET_LIMIT_CHARS = 60_000;

export const Words = memo(function Words({ text }: { text: string }) {
  if (text.length > SET_LIMIT_CHARS) return <PlainWords text={text} />;
  return (
    <Suspense fallback={<PlainWords text={text} />}>
      <Markdown text={text} />
    </Suspense>
  );
});

function PlainWords({ text }: { text: string }) {
  return <div className="leading-relaxed break-words whitespace-pre-wrap">{text}</div>;
}
