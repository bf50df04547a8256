// Field: the plain parts of forms, each with its label and, where it has one, its trouble.

import { type InputHTMLAttributes, type ReactNode, type Ref, useId } from 'react';

const BOX =
  'h-9 w-full rounded-s border border-line-strong bg-surface px-2.5 outline-offset-0 aria-invalid:border-fail';

interface SelectProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChoose: (value: T) => void;
  className?: string;
}

/** Its label is for those who do not see where it stands. */
export function Select<T extends string>({ label, value, options, onChoose, className }: SelectProps<T>) {
  return (
    <select
      aria-label={label}
      value={value}
      onChange={(event) => onChoose(event.target.value as T)}
      className={`h-9 max-w-full rounded-s border border-line-strong bg-surface px-2 ${className ?? ''}`}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

interface TextFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange'> {
  label: string;
  hint?: ReactNode;
  trouble?: string | null;
  onChange: (text: string) => void;
  ref?: Ref<HTMLInputElement>;
}

export function TextField({ label, hint, trouble, onChange, className = '', ...rest }: TextFieldProps) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-note text-ink-soft">
        {label}
      </label>
      <input
        id={id}
        autoComplete="off"
        spellCheck={false}
        {...rest}
        aria-invalid={trouble ? true : undefined}
        aria-describedby={trouble || hint ? `${id}-note` : undefined}
        onChange={(event) => onChange(event.target.value)}
        className={BOX}
      />
      {trouble || hint ? (
        <p id={`${id}-note`} className={`mt-1 mb-0 text-note ${trouble ? 'text-fail' : 'text-ink-soft'}`}>
          {trouble ?? hint}
        </p>
      ) : null}
    </div>
  );
}
