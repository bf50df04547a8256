// Code look: the editor in the colours of the tokens, in light and dark alike. Words are told apart by weight and slant
// first: colour means something else here.

import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const frame = EditorView.theme({
  '&': { height: '100%', fontSize: '0.8125rem', color: 'var(--c-ink)', backgroundColor: 'var(--c-surface)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.55' },
  '.cm-content': { caretColor: 'var(--c-ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--c-ink)' },
  '.cm-gutters': {
    color: 'var(--c-ink-soft)',
    backgroundColor: 'var(--c-surface)',
    border: 'none',
  },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'color-mix(in oklch, var(--c-sunken) 70%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--c-ink)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'var(--c-motion-soft)',
  },
  '.cm-panels, .cm-tooltip': {
    color: 'var(--c-ink)',
    backgroundColor: 'var(--c-raised)',
    borderColor: 'var(--c-line)',
  },
  '.cm-button, .cm-textfield': {
    color: 'var(--c-ink)',
    background: 'var(--c-surface)',
    border: '1px solid var(--c-line-strong)',
  },
  '.cm-foldPlaceholder': { color: 'var(--c-ink-soft)', backgroundColor: 'var(--c-sunken)', border: 'none' },
  '.cm-searchMatch, .cm-selectionMatch': { backgroundColor: 'var(--c-warn-soft)' },
  '.cm-insertedLine, .cm-insertedLine .cm-changedText': {
    color: 'var(--c-ink)',
    background: 'var(--c-well-soft) !important',
  },
  '.cm-changedLine': { background: 'var(--c-well-soft) !important' },
  '.cm-changedText': { background: 'var(--c-well-soft) !important', fontWeight: '600' },
  '.cm-deletedChunk': { background: 'var(--c-fail-soft) !important' },
  '.cm-deletedText': { background: 'var(--c-fail-soft) !important', fontWeight: '600' },
  '.cm-collapsedLines': { color: 'var(--c-ink-soft)', background: 'var(--c-sunken)' },
});

const words = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--c-ink-soft)', fontStyle: 'italic' },
  { tag: [tags.keyword, tags.heading, tags.strong], fontWeight: '600' },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], fontWeight: '600' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: [tags.string, tags.monospace], color: 'var(--c-well)' },
  { tag: [tags.number, tags.bool, tags.atom, tags.null], color: 'var(--c-warn)' },
  { tag: [tags.meta, tags.punctuation, tags.processingInstruction], color: 'var(--c-ink-soft)' },
  { tag: [tags.link, tags.url], textDecoration: 'underline' },
  { tag: tags.invalid, color: 'var(--c-fail)' },
]);

export const editorLook: Extension = [frame, syntaxHighlighting(words)];
