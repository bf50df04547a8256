// Save config dialog: what saving does to the text, before it is done; saved alone, or with a restart that brings it into
// force.

import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Diff } from '../../ui/code.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { saveText } from '../files/index.ts';
import type { Role } from '../workspaces/model.ts';
import { attempt, restartRole } from '../workspaces/role-actions.ts';

interface SaveConfigDialogProps {
  role: Role;
  before: string;
  after: string;
  onClose: () => void;
  onSaved: (text: string) => void;
  /** Somebody else saved meanwhile: this is the text now. */
  onOther: (text: string) => void;
}

export const CONFIG_FILE = 'config.yaml';

export function SaveConfigDialog({ role, before, after, onClose, onSaved, onOther }: SaveConfigDialogProps) {
  const tools = useTools();
  const [busy, setBusy] = useState<'save' | 'restart' | null>(null);
  const [isOvertaken, setOvertaken] = useState(false);
  const save = async (isRestarting: boolean) => {
    setBusy(isRestarting ? 'restart' : 'save');
    const place = { roleId: role.id, root: '/configs' } as const;
    let isSaved = false;
    await attempt(tools, say('config.theConfigurationWasNot'), async () => {
      const outcome = await saveText(tools.call, place, CONFIG_FILE, after, before);
      if ('other' in outcome) {
        setOvertaken(true);
        onOther(outcome.other);
      } else isSaved = true;
    });
    if (isSaved && isRestarting) await restartRole(tools, role.id);
    setBusy(null);
    if (isSaved) onSaved(after);
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={say('config.saveTheConfiguration')}
      description={isOvertaken ? say('config.somebodyElseSavedMeanwhile') : say('config.theAgentReadsIt')}
      className="w-[min(52rem,calc(100vw-2rem))]!"
    >
      <Diff label={say('config.whatChanges')} before={before} after={after} />
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>{say('config.goOnEditing')}</Button>
        <Button isBusy={busy === 'save'} disabled={busy !== null} onClick={() => void save(false)}>
          {say('config.save')}
        </Button>
        <Button
          look="primary"
          icon="restart"
          isBusy={busy === 'restart'}
          disabled={busy !== null}
          onClick={() => void save(true)}
        >
          {say('config.saveAndRestart')}
        </Button>
      </div>
    </Dialog>
  );
}
