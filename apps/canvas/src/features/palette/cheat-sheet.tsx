// Cheat sheet: every key that does something.

import { say } from '../../languages/say.ts';
import { isMac } from '../../shell/platform.ts';
import { Dialog } from '../../ui/dialog.tsx';

const keyList = (mod: string): [keys: string, does: string][] => [
  [say('palette.keysFind', { mod }), say('palette.findARoleOr')],
  ['B', say('palette.goToTheBoard')],
  [say('palette.arrowKeys'), say('palette.goFromCardTo')],
  [say('palette.enter'), say('palette.openTheRoleThat')],
  [say('palette.escape'), say('palette.closeThePanelOr')],
  ['O', say('palette.changeBetweenBoardAnd')],
  ['F', say('palette.findOnTheBoard')],
  ['N', say('newRole.belowFocus')],
  ['X', say('palette.keysChoose', { mod })],
  ['C', say('teams.collapseOrExpand')],
  ['M', say('palette.moveTheRoleThat')],
  [say('palette.keysUndo', { mod }), say('palette.undoOrAgain')],
  ['A', say('palette.activityOfTheOrganisation')],
  ['I', say('palette.approvalsThatWait')],
  ['Y  N  X', say('palette.approveDenyOrChoose')],
  [say('palette.enter'), say('palette.sendTheMessage')],
  [say('palette.shiftEnter'), say('palette.newLineInA')],
  ['?', say('palette.thisList')],
];

export function CheatSheet({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title={say('palette.keyboardShortcuts')}
      className="w-[min(52rem,calc(100vw-2rem))]!"
    >
      <dl
        tabIndex={0}
        className="mt-4 mb-0 grid grid-cols-[auto_1fr_auto_1fr] items-center gap-x-5 gap-y-2 max-[720px]:grid-cols-[auto_1fr]"
      >
        {keyList(isMac() ? '⌘' : say('palette.ctrl')).map(([keys, does]) => (
          <div key={keys + does} className="contents">
            <dt>
              <kbd className="rounded-s border border-line bg-sunken px-2 py-0.5 font-sans text-note">
                {keys}
              </kbd>
            </dt>
            <dd className="m-0">{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
