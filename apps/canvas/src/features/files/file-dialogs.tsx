// File dialogs: the name of a new file, and the questions before something is lost.

import { useState } from 'react';
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
      setTrouble('A file of that name is there.');
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
    <Dialog isOpen onClose={onClose} title="New file">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) void make();
        }}
      >
        <TextField
          className="mt-4"
          label={`Name, in ${joinPath(place.root, folder).replace(/\/$/, '')}`}
          value={name}
          placeholder="notes.md"
          trouble={trouble}
          onChange={(text) => {
            setName(text);
            setTrouble(null);
          }}
        />
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" isBusy={isBusy}>
            Make it
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
      title={`Delete ${asked ?? ''}?`}
      description="It is not only text, or too large to keep a copy of. This can't be undone."
    >
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={() => onAnswer(false)}>Keep it</Button>
        <Button look="danger" icon="trash" onClick={() => onAnswer(true)}>
          Delete
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
      title="Write over what is there?"
      description={`${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} there already.`}
    >
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={() => onAnswer(false)}>Upload nothing</Button>
        <Button look="danger" onClick={() => onAnswer(true)}>
          Write over
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
      title="Somebody else changed it meanwhile"
      description={`This is what saving yours would do to ${path} as it is now.`}
      className="w-[min(52rem,calc(100vw-2rem))]!"
    >
      <Diff label={`Changes of ${path}`} before={theirs} after={mine} />
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button onClick={answers.onClose}>Go on writing</Button>
        <Button onClick={answers.onTakeTheirs}>Take theirs</Button>
        <Button look="danger" onClick={answers.onKeepMine}>
          Write over it
        </Button>
      </div>
    </Dialog>
  );
}
