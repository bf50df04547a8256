// Code: the editor and the diff, fetched when they are first needed.

import { lazy, Suspense } from 'react';
import { say } from '../languages/say.ts';
import type { CodeDiffProps } from './code-diff.tsx';
import type { CodeEditorProps } from './code-editor.tsx';

const LazyEditor = lazy(() => import('./code-editor.tsx').catch(() => ({ default: PlainEditor })));
const LazyDiff = lazy(() => import('./code-diff.tsx').catch(() => ({ default: PlainDiff })));

export function Code(props: CodeEditorProps) {
  return (
    <Suspense
      fallback={
        <div className="pulse min-h-0 flex-1 bg-sunken" role="status" aria-label={say('ui.reading')} />
      }
    >
      <LazyEditor {...props} />
    </Suspense>
  );
}

export function Diff(props: CodeDiffProps) {
  return (
    <Suspense
      fallback={
        <div className="pulse mt-4 h-24 rounded-s bg-sunken" role="status" aria-label={say('ui.reading')} />
      }
    >
      <LazyDiff {...props} />
    </Suspense>
  );
}

/** When the editor can't be loaded: the server was replaced by another build meanwhile. */
function PlainEditor({ label, text, isReadOnly, onChange }: CodeEditorProps) {
  return (
    <textarea
      aria-label={label}
      value={text}
      readOnly={isReadOnly}
      onChange={(event) => onChange?.(event.target.value)}
      className="min-h-0 flex-1 resize-none bg-surface p-4 font-mono text-note"
    />
  );
}

function PlainDiff({ after }: CodeDiffProps) {
  return (
    <pre className="mt-4 max-h-[44vh] overflow-auto rounded-s border border-line p-3 text-note">{after}</pre>
  );
}
