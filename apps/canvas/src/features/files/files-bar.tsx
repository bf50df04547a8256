// Files bar: which root is shown, and what can be done to its folders.

import { files } from '@molecule/contracts';
import { useRef } from 'react';
import { say } from '../../languages/say.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Select } from '../../ui/field.tsx';

const rootWords = (): Record<files.FileRoot, string> => ({
  '/configs': say('files.configurationConfigs'),
  '/workspace': say('files.workWorkspace'),
  '/home': say('files.homeHome'),
  '/plugins': say('files.pluginsPlugins'),
});

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
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line px-5 py-2">
      <Select
        label={say('files.root')}
        value={root}
        onChoose={onRoot}
        options={files.FILE_ROOTS.map((value) => ({ value, label: rootWords()[value] }))}
      />
      <div className="ms-auto flex items-center gap-1">
        <Button icon="plus" onClick={bar.onNew}>
          {say('files.newFile')}
        </Button>
        <IconButton
          icon="upload"
          label={folder === '' ? say('files.uploadFiles') : say('files.uploadFilesInto', { folder })}
          disabled={isUploading}
          onClick={() => chooser.current?.click()}
        />
        <IconButton
          icon="trash"
          label={say('files.deleteWhatIsChosen')}
          disabled={!bar.onDelete}
          onClick={() => bar.onDelete?.()}
        />
        <IconButton icon="restart" label={say('files.readTheFoldersAgain')} onClick={bar.onRefresh} />
      </div>
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        aria-label={say('files.filesToUpload')}
        onChange={({ target }) => {
          bar.onUpload([...(target.files ?? [])]);
          target.value = '';
        }}
      />
    </div>
  );
}
