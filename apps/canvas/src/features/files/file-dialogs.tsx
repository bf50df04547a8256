// File dialogs: the name of a new file, and the questions before something is lost.

import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { listWords } from '../../languages/value-words.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Diff } from '../../ui/code.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { failureWords } from '../workspaces/role-actions.ts';
import { type Place, readText, saveText } from './file-actions.ts';
import { joinPath, troubleWithName } from './model.ts';

interface NewFileDialogProps {
  place: Place;
  folder: string;
  onClose: () => void;
  onMade: (path: string, needsRestart: boolean) => void;
}

export function NewFileDialog({ place, folder, onClose, onMade }: NewFileDialogProps) {
  const { call } = useTools();
  const [name, setName] = useState('');
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const make = async () => {
    const wrong = troubleWithName(name.trim());
    if (wrong) return setTrouble(wrong);
    setBusy(true);
    const path = joinPath(folder, name.trim());
    const isThere = await readText(call, place, path).then(
      () => true,
      () => false,
    );
    if (isThere) {
      setTrouble(say('files.aFileOfThat'));
      return setBusy(false);
    }
    try {
      const saved = await saveText(call, place, path, '', null);
      onMade(path, 'needsRestart' in saved && saved.needsRestart);
    } catch (error) {
      setTrouble(failureWords(error));
      setBusy(false);
    }
  };
  return (
    <Dialog isOpen onClose={onClose} title={say('files.newFile')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) void make();
        }}
      >
        <TextField
          className="mt-4"
          label={say('files.nameIn', { folder: joinPath(place.root, folder).replace(/\/$/, '') })}
          value={name}
          placeholder="notes.md"
          trouble={trouble}
          onChange={(text) => {
            setName(text);
            setTrouble(null);
          }}
        />
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>{say('files.cancel')}</Button>
          <Button look="primary" type="submit" isBusy={isBusy}>
            {say('files.makeIt')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function DeleteFileDialog({
  asked,
  onAnswer,
}: {
  asked: string | null;
  onAnswer: (isYes: boolean) => void;
}) {
  return (
    <Dialog
      isOpen={asked !== null}
      onClose={() => onAnswer(false)}
      title={say('files.deleteQuestion', { path: asked ?? '' })}
      description={say('files.itIsNotOnly')}
    >
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={() => onAnswer(false)}>{say('files.keepIt')}</Button>
        <Button look="danger" icon="trash" onClick={() => onAnswer(true)}>
          {say('files.delete')}
        </Button>
      </div>
    </Dialog>
  );
}

export function OverwriteDialog({
  names,
  onAnswer,
}: {
  names: readonly string[];
  onAnswer: (isYes: boolean) => void;
}) {
  return (
    <Dialog
      isOpen={names.length > 0}
      onClose={() => onAnswer(false)}
      title={say('files.writeOverWhatIs')}
      description={say('files.thereAlready', { count: names.length, names: listWords(names) })}
    >
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={() => onAnswer(false)}>{say('files.uploadNothing')}</Button>
        <Button look="danger" onClick={() => onAnswer(true)}>
          {say('files.writeOver')}
        </Button>
      </div>
    </Dialog>
  );
}

interface ConflictDialogProps {
  path: string;
  theirs: string;
  mine: string;
  onClose: () => void;
  onKeepMine: () => void;
  onTakeTheirs: () => void;
}

export function ConflictDialog({ path, theirs, mine, ...answers }: ConflictDialogProps) {
  return (
    <Dialog
      isOpen
      onClose={answers.onClose}
      title={say('files.somebodyElseChangedIt')}
      description={say('files.thisIsWhatSaving', { path })}
      className="w-[min(52rem,calc(100vw-2rem))]!"
    >
      <Diff label={say('files.changesOfPath', { path })} before={theirs} after={mine} />
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button onClick={answers.onClose}>{say('files.goOnWriting')}</Button>
        <Button onClick={answers.onTakeTheirs}>{say('files.takeTheirs')}</Button>
        <Button look="danger" onClick={answers.onKeepMine}>
          {say('files.writeOverIt')}
        </Button>
      </div>
    </Dialog>
  );
}
