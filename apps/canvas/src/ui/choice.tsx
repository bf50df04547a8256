// Choice: one of a few, all of them visible.

interface ChoiceProps<T extends string> {
  label: string;
  options: readonly { value: T; label: string }[];
  value: T;
  onChoose: (value: T) => void;
}

export function Choice<T extends string>({ label, options, value, onChoose }: ChoiceProps<T>) {
  return (
    <fieldset aria-label={label} className="m-0 flex flex-wrap rounded-s border border-line bg-sunken p-0.5">
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChoose(option.value)}
          className="h-7 rounded-s px-2.5 font-medium whitespace-nowrap text-ink-soft hover:text-ink aria-pressed:bg-raised aria-pressed:text-ink aria-pressed:shadow-(--shadow-card)"
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}
