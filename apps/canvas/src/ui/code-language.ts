// Code language: what highlights a file, loaded when such a file is opened. Files of other kinds are plain.

import { type Extension, StateEffect } from '@codemirror/state';

type Loader = () => Promise<Extension>;

const yaml: Loader = async () => (await import('@codemirror/lang-yaml')).yaml();
const json: Loader = async () => (await import('@codemirror/lang-json')).json();
const markdown: Loader = async () => (await import('@codemirror/lang-markdown')).markdown();
const python: Loader = async () => (await import('@codemirror/lang-python')).python();
const script =
  (isTyped: boolean): Loader =>
  async () =>
    (await import('@codemirror/lang-javascript')).javascript({ jsx: true, typescript: isTyped });

const LOADERS: Readonly<Record<string, Loader>> = {
  yaml,
  yml: yaml,
  json,
  md: markdown,
  markdown,
  py: python,
  js: script(false),
  mjs: script(false),
  jsx: script(false),
  ts: script(true),
  tsx: script(true),
};

/** Null for a kind that nothing highlights, or when the highlighter can't be loaded. */
export async function loadLanguage(fileName: string): Promise<StateEffect<unknown> | null> {
  const extension = fileName.split('.').at(-1)?.toLowerCase() ?? '';
  const load = Object.hasOwn(LOADERS, extension) ? LOADERS[extension] : undefined;
  const language = await load?.().catch(() => null);
  return language ? StateEffect.appendConfig.of(language) : null;
}
