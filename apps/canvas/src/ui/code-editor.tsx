// Code editor: CodeMirror in a shadow root, where it may construct its styles: the content policy refuses style elements.
// Loaded when the first text is opened.

import { EditorState } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { basicSetup } from 'codemirror';
import { useEffect, useRef } from 'react';
import { loadLanguage } from './code-language.ts';
import { editorLook } from './code-look.ts';

export interface CodeEditorProps {
  label: string;
  /** Decides the highlighting, by its extension. */
  fileName: string;
  text: string;
  isReadOnly?: boolean;
  onChange?: (text: string) => void;
  onSave?: () => void;
  /** Puts the keyboard into the text at once. */
  isFocused?: boolean;
}

export default function CodeEditor(props: CodeEditorProps) {
  const { label, fileName, isReadOnly = false, isFocused = false, text } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const box = host.current;
    if (!box) return;
    const root = box.shadowRoot ?? box.attachShadow({ mode: 'open' });
    const made = openEditor(box, root, label, isReadOnly, latest);
    view.current = made;
    let isGone = false;
    void loadLanguage(fileName).then((language) => {
      if (!isGone && language) made.dispatch({ effects: language });
    });
    if (isFocused) made.focus();
    return () => {
      isGone = true;
      view.current = null;
      made.destroy();
    };
  }, [label, fileName, isReadOnly, isFocused]);
  useEffect(() => {
    const made = view.current;
    if (!made || made.state.doc.toString() === text) return;
    made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: text } });
  }, [text]);
  return (
    <div
      ref={host}
      className="min-h-0 min-w-0 flex-1 overflow-hidden border-2 border-transparent focus-within:border-motion"
    />
  );
}

function openEditor(
  box: HTMLDivElement,
  root: ShadowRoot,
  label: string,
  isReadOnly: boolean,
  latest: { current: CodeEditorProps },
): EditorView {
  const save = {
    key: 'Mod-s',
    run: () => {
      latest.current.onSave?.();
      return true;
    },
  };
  const made = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: latest.current.text,
      extensions: [
        keymap.of([save]),
        basicSetup,
        editorLook,
        EditorView.lineWrapping,
        EditorState.readOnly.of(isReadOnly),
        EditorView.contentAttributes.of({ 'aria-label': label }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          const text = update.state.doc.toString();
          if (text !== latest.current.text) latest.current.onChange?.(text);
        }),
      ],
    }),
  });
  // What is typed here is no shortcut of the canvas. Escape and then Tab lead out, as CodeMirror has it.
  box.onkeydown = (event) => event.stopPropagation();
  return made;
}
