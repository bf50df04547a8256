// Notices: short words about something that just happened. Radix Toast: no style element is injected, so the content
// policy holds; a failure stays until it is read.

import { Toast } from 'radix-ui';
import { say } from '../languages/say.ts';
import { useCanvas, useTools } from '../store/canvas-context.ts';
import { Button, IconButton } from './button.tsx';
import { Icon } from './icon.tsx';

const PLAIN_MS = 5_000;
const ERROR_MS = 60_000;
const UNDOABLE_MS = 20_000;

export function Notices() {
  const { store } = useTools();
  const notices = useCanvas((canvas) => canvas.notices);
  const drop = (id: number) =>
    store.setState((state) => ({ notices: state.notices.filter((notice) => notice.id !== id) }));
  return (
    <Toast.Provider swipeDirection="right" label={say('ui.notification')}>
      {notices.map((notice) => (
        <Toast.Root
          key={notice.id}
          duration={notice.tone === 'error' ? ERROR_MS : notice.action ? UNDOABLE_MS : PLAIN_MS}
          type={notice.tone === 'error' ? 'foreground' : 'background'}
          onOpenChange={(isOpen) => !isOpen && drop(notice.id)}
          className="rise flex gap-3 rounded-m border border-line bg-raised py-3 pe-2 ps-4 shadow-(--shadow-float)"
        >
          <Icon
            name={notice.tone === 'error' ? 'degraded' : 'online'}
            className={`mt-0.5 ${notice.tone === 'error' ? 'text-fail' : 'text-well'}`}
          />
          <div className="min-w-0 flex-1">
            <Toast.Title className="font-semibold">{notice.title}</Toast.Title>
            {notice.detail ? (
              <Toast.Description className="break-words text-ink-soft">{notice.detail}</Toast.Description>
            ) : null}
          </div>
          {notice.action ? (
            <Toast.Action asChild altText={notice.action.label}>
              <Button className="-my-1.5" onClick={notice.action.run}>
                {notice.action.label}
              </Button>
            </Toast.Action>
          ) : null}
          <Toast.Close asChild>
            <IconButton icon="close" label={say('ui.dismiss')} className="-mt-1.5" />
          </Toast.Close>
        </Toast.Root>
      ))}
      <Toast.Viewport
        label={say('ui.notifications', { hotkey: '{hotkey}' })}
        className="fixed end-4 bottom-4 z-60 m-0 flex w-[min(24rem,calc(100vw-2rem))] list-none flex-col gap-2 p-0 outline-none"
      />
    </Toast.Provider>
  );
}
