// Simulated mark: stands wherever words come from a script instead of a model.

export function SimulatedMark({ isShort = false }: { isShort?: boolean }) {
  return (
    <span
      className="inline-flex items-center rounded-s border border-dashed border-line-strong px-1.5 text-note whitespace-nowrap text-ink-soft"
      title="A script answers here. No model is asked."
    >
      {isShort ? 'Rehearsal' : 'Rehearsal · no model'}
    </span>
  );
}
