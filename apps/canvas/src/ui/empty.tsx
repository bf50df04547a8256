// Empty: what a list says when there is nothing in it: why, and what would fill it.

import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <span className="mb-2 flex size-10 items-center justify-center rounded-round bg-sunken text-ink-soft">
        <Icon name={icon} />
      </span>
      <p className="m-0 text-body font-semibold">{title}</p>
      {children ? <div className="max-w-72 text-body text-ink-soft">{children}</div> : null}
    </div>
  );
}
