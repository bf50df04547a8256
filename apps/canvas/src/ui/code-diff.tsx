// Code diff: what a change does to a text, in one column: taken away above, put in below. Loaded when it is first shown.

import { unifiedMergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { editorLook } from './code-look.ts';

export interface CodeDiffProps {
  label: string;
  before: string;
  after: string;
}

const UNCHANGED_LINES = { margin: 2, minSize: 4 };

export default function CodeDiff({ label, before, after }: CodeDiffProps) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = host.current;
    if (!box) return;
    const root = box.shadowRoot ?? box.attachShadow({ mode: 'open' });
    const view = new EditorView({
      parent: root,
      root,
      state: EditorState.create({
        doc: after,
        extensions: [
          lineNumbers(),
          editorLook,
          EditorView.lineWrapping,
          EditorView.editable.of(false),
          EditorState.readOnly.of(true),
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
          unifiedMergeView({
            original: before,
            mergeControls: false,
            gutter: false,
            collapseUnchanged: UNCHANGED_LINES,
          }),
        ],
      }),
    });
    return () => view.destroy();
  }, [label, before, after]);
  return (
    <div
      ref={host}
      className="mt-4 max-h-[44vh] min-h-24 overflow-auto rounded-s border border-line [contain:inline-size]"
    />
  );
}
