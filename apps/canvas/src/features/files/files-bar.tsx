// Files bar: which root is shown, and what can be done to its folders.

import { files } from '@molecule/contracts';
import { useRef } from 'react';
import { Button, IconButton } from '../../ui/button.tsx';
import { Select } from '../../ui/field.tsx';

const ROOT_WORDS: Record<files.FileRoot, string> = {
  '/configs': 'Configuration (/configs)',
  '/workspace': 'Work (/workspace)',
  '/home': 'Home (/home)',
  '/plugins': 'Plugins (/plugins)',
};

interface FilesBarProps {
  root: files.FileRoot;
  onRoot: (root: files.FileRoot) => void;
  /** Where new files go. */
  folder: string;
  isUploading: boolean;
  onNew: () => void;
  onUpload: (files: File[]) => void;
  onRefresh: () => void;
  /** Null while nothing is chosen. */
  onDelete: (() => void) | null;
}

export function FilesBar({ root, onRoot, folder, isUploading, ...bar }: FilesBarProps) {
  const chooser = useRef<HTMLInputElement>(null);
  const into = folder === '' ? '' : ` into ${folder}`;
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line px-5 py-2">
      <Select
        label="Root"
        value={root}
        onChoose={onRoot}
        options={files.FILE_ROOTS.map((value) => ({ value, label: ROOT_WORDS[value] }))}
      />
      <div className="ms-auto flex items-center gap-1">
        <Button icon="plus" onClick={bar.onNew}>
          New file
        </Button>
        <IconButton
          icon="upload"
          label={`Upload files${into}`}
          disabled={isUploading}
          onClick={() => chooser.current?.click()}
        />
        <IconButton
          icon="trash"
          label="Delete what is chosen"
          disabled={!bar.onDelete}
          onClick={() => bar.onDelete?.()}
        />
        <IconButton icon="restart" label="Read the folders again" onClick={bar.onRefresh} />
      </div>
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={({ target }) => {
          bar.onUpload([...(target.files ?? [])]);
          target.value = '';
        }}
      />
    </div>
  );
}
