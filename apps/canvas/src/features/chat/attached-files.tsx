// Attached files: those of a message that was sent, each with its download, and those that wait in the composer.

import { say } from '../../languages/say.ts';
import { IconButton } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { sizeWords } from '../files/index.ts';
import { type AttachedFile, type Attachment, downloadOf } from './attachments.ts';

const CHIP =
  'flex max-w-full min-w-0 items-center gap-2 rounded-s border border-line bg-raised px-2.5 py-1.5';

export function AttachedFiles({ roleId, files }: { roleId: string; files: readonly AttachedFile[] }) {
  if (files.length === 0) return null;
  return (
    <ul className="m-0 mt-2 flex list-none flex-wrap gap-2 p-0" aria-label={say('chat.attachedFiles')}>
      {files.map((file) => (
        <li key={file.uri ?? file.name} className="max-w-full min-w-0">
          <SentFile address={downloadOf(roleId, file)} file={file} />
        </li>
      ))}
    </ul>
  );
}

function SentFile({ address, file }: { address: string | null; file: AttachedFile }) {
  const size = file.sizeBytes === null ? null : sizeWords(file.sizeBytes);
  const inside = (
    <>
      <Icon name={address === null ? 'file' : 'download'} />
      <bdi className="truncate">{file.name}</bdi>
      {size === null ? null : <span className="shrink-0 text-note text-ink-soft">{size}</span>}
    </>
  );
  if (address === null) {
    return (
      <span className={CHIP} title={say('chat.fileCannotBeFetched')}>
        {inside}
        <span className="sr-only">{say('chat.fileCannotBeFetched')}</span>
      </span>
    );
  }
  return (
    <a
      href={address}
      download={file.name}
      title={file.name}
      aria-label={say('chat.downloadFile', { file: file.name })}
      className={`${CHIP} text-ink no-underline hover:border-line-strong`}
    >
      {inside}
    </a>
  );
}

interface WaitingFilesProps {
  attached: readonly Attachment[];
  onRemove: (attachment: Attachment) => void;
}

export function WaitingFiles({ attached, onRemove }: WaitingFilesProps) {
  if (attached.length === 0) return null;
  return (
    <ul
      className="m-0 mb-2 flex max-h-40 list-none flex-col gap-1.5 overflow-y-auto p-0"
      aria-label={say('chat.filesToSend')}
    >
      {attached.map((one) => (
        <li
          key={one.id}
          className="flex min-w-0 items-center gap-2 rounded-s border border-line bg-raised ps-2.5"
        >
          <Icon
            name={one.state.kind === 'refused' ? 'failed' : 'file'}
            className={one.state.kind === 'refused' ? 'text-fail' : ''}
          />
          <span className="min-w-0 flex-1 py-1.5">
            <bdi className="block truncate">{one.name}</bdi>
            <WaitingState attachment={one} />
          </span>
          <IconButton
            icon="close"
            label={say('chat.removeFile', { file: one.name })}
            onClick={() => onRemove(one)}
          />
        </li>
      ))}
    </ul>
  );
}

function WaitingState({ attachment }: { attachment: Attachment }) {
  const { state, name, sizeBytes } = attachment;
  if (state.kind === 'refused') {
    return (
      <span role="alert" className="block text-note text-fail">
        {state.why}
      </span>
    );
  }
  if (state.kind === 'uploading') {
    return (
      <progress
        className="block h-1.5 w-full accent-motion"
        max={1}
        value={state.share}
        aria-label={say('chat.uploadingFile', { file: name })}
      />
    );
  }
  return (
    <span role="status" className="block text-note text-ink-soft">
      {say('chat.fileIsReady', { size: sizeWords(sizeBytes) })}
    </span>
  );
}
