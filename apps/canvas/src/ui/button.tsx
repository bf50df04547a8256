// Button: the one clickable thing. `primary` once per view; `danger` only where something is lost.

import type { ButtonHTMLAttributes, Ref } from 'react';
import { Icon, type IconName } from './icon.tsx';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

const LOOKS: Record<Look, string> = {
  primary: 'bg-motion text-on-motion hover:opacity-90',
  plain: 'bg-raised border border-line text-ink hover:border-line-strong',
  quiet: 'text-ink-soft hover:text-ink hover:bg-sunken',
  danger: 'bg-raised border border-line text-fail hover:border-fail',
};

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  icon?: IconName;
  isBusy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = 'plain', icon, isBusy, className = '', children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled || isBusy}
      aria-busy={isBusy || undefined}
      className={`inline-flex h-9 items-center justify-center gap-2 rounded-s px-2.5 text-body font-medium whitespace-nowrap transition-[opacity,border-color,background-color] duration-(--motion-quick) disabled:opacity-50 ${LOOKS[look]} ${className}`}
    >
      {isBusy ? <Icon name="starting" className="spin" /> : icon ? <Icon name={icon} /> : null}
      {children}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon: IconName;
  label: string;
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ icon, label, className = '', ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={`inline-flex size-9 shrink-0 items-center justify-center rounded-s text-ink-soft transition-colors duration-(--motion-quick) hover:bg-sunken hover:text-ink disabled:opacity-40 aria-pressed:bg-sunken aria-pressed:text-ink ${className}`}
    >
      <Icon name={icon} />
    </button>
  );
}
