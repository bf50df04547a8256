// File tree: the folders of a root, by pointer or by the keys of a tree.

import type { KeyboardEvent } from 'react';
import { say } from '../../languages/say.ts';
import { Icon } from '../../ui/icon.tsx';
import { type FileLine, folderOf, sizeWords } from './model.ts';

interface FileTreeProps {
  lines: readonly FileLine[];
  currentPath: string | null;
  hasDraft: (path: string) => boolean;
  onOpen: (line: FileLine) => void;
  onExpand: (path: string, isExpanded: boolean) => void;
  onDelete: (line: FileLine) => void;
}

export function FileTree({ lines, currentPath, hasDraft, onOpen, onExpand, onDelete }: FileTreeProps) {
  const focusablePath = lines.some((line) => line.path === currentPath) ? currentPath : lines[0]?.path;
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const at = lines.findIndex((line) => line.path === (event.target as HTMLElement).dataset.path);
    const line = lines[at];
    if (!line) return;
    const act = keyAction(event.key, at, lines, { onOpen, onExpand, onDelete });
    if (!act) return;
    event.preventDefault();
    const next = act();
    if (next === undefined) return;
    event.currentTarget.querySelector<HTMLElement>(`[data-path="${CSS.escape(next)}"]`)?.focus();
  };
  return (
    <div role="tree" aria-label={say('files.files')} onKeyDown={onKeyDown} className="py-1.5">
      {lines.map((line) => (
        <TreeLine
          key={line.path}
          line={line}
          isCurrent={line.path === currentPath}
          isFocusable={line.path === focusablePath}
          hasDraft={hasDraft(line.path)}
          onOpen={() => (line.isFolder ? onExpand(line.path, !line.isExpanded) : onOpen(line))}
        />
      ))}
    </div>
  );
}

type Actions = Pick<FileTreeProps, 'onOpen' | 'onExpand' | 'onDelete'>;

/** What a key does, and the line that gets the keyboard afterwards. */
function keyAction(
  key: string,
  at: number,
  lines: readonly FileLine[],
  { onOpen, onExpand, onDelete }: Actions,
): (() => string | undefined) | null {
  const line = lines[at];
  if (!line) return null;
  const then = (act: () => void) => () => {
    act();
    return undefined;
  };
  switch (key) {
    case 'ArrowDown':
      return () => lines[at + 1]?.path;
    case 'ArrowUp':
      return () => lines[at - 1]?.path;
    case 'Home':
      return () => lines[0]?.path;
    case 'End':
      return () => lines.at(-1)?.path;
    case 'ArrowRight':
      if (!line.isFolder) return null;
      return line.isExpanded ? () => lines[at + 1]?.path : then(() => onExpand(line.path, true));
    case 'ArrowLeft':
      return line.isExpanded ? then(() => onExpand(line.path, false)) : () => folderOf(line.path);
    case 'Enter':
    case ' ':
      return then(() => (line.isFolder ? onExpand(line.path, !line.isExpanded) : onOpen(line)));
    case 'Delete':
      return then(() => onDelete(line));
    default:
      return null;
  }
}

interface TreeLineProps {
  line: FileLine;
  isCurrent: boolean;
  isFocusable: boolean;
  hasDraft: boolean;
  onOpen: () => void;
}

function TreeLine({ line, isCurrent, isFocusable, hasDraft, onOpen }: TreeLineProps) {
  const { path, name, depth, isFolder, isExpanded, sizeBytes } = line;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree around it has the keys
    <div
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={isCurrent}
      aria-expanded={isFolder ? isExpanded : undefined}
      data-path={path}
      tabIndex={isFocusable ? 0 : -1}
      title={isFolder ? path : `${path} · ${sizeWords(sizeBytes)}`}
      onClick={onOpen}
      className="flex h-8 cursor-pointer items-center gap-1.5 pe-3 hover:bg-sunken focus-visible:-outline-offset-2 aria-selected:bg-sunken aria-selected:font-medium"
      style={{ paddingInlineStart: `${0.75 + depth * 0.875}rem` }}
    >
      <Icon
        name={isFolder ? (isExpanded ? 'open' : 'closed') : 'file'}
        className={isFolder ? 'text-ink rtl:-scale-x-100' : 'text-ink-soft'}
      />
      <span className="min-w-0 flex-1 truncate">{name}</span>
      {hasDraft ? (
        <span className="text-note whitespace-nowrap text-warn">{say('files.notSaved')}</span>
      ) : isFolder ? null : (
        <span className="text-note whitespace-nowrap text-ink-soft">{sizeWords(sizeBytes)}</span>
      )}
    </div>
  );
}
