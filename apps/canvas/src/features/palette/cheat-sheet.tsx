// Cheat sheet: every key that does something.

import { isMac } from '../../shell/platform.ts';
import { Dialog } from '../../ui/dialog.tsx';

const KEYS: [keys: string, does: string][] = [
  ['Mod K  or  /', 'Find a role or do something'],
  ['B', 'Go to the board or the outline'],
  ['Arrow keys', 'Go from card to card, up and down the chart'],
  ['Enter', 'Open the role that is marked'],
  ['Escape', 'Close the panel or dialog'],
  ['O', 'Change between board and outline'],
  ['F', 'Find on the board or in the outline'],
  ['X', 'Choose the role that is marked; Mod A chooses all'],
  ['M', 'Move the role that is marked, or all that are chosen'],
  ['Mod Z', 'Undo; with Shift, do again'],
  ['A', 'Activity of the organisation'],
  ['I', 'Approvals that wait'],
  ['Y  N  X', 'Approve, deny or choose the request that is marked'],
  ['Enter', 'Send the message'],
  ['Shift Enter', 'New line in a message'],
  ['?', 'This list'],
];

export function CheatSheet({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title="Keyboard shortcuts">
      <dl className="mt-4 mb-0 grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-2">
        {KEYS.map(([keys, does]) => (
          <div key={keys + does} className="contents">
            <dt>
              <kbd className="rounded-s border border-line bg-sunken px-2 py-0.5 font-sans text-note">
                {keys.replace('Mod', isMac() ? '⌘' : 'Ctrl')}
              </kbd>
            </dt>
            <dd className="m-0">{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
