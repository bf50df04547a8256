// Filter bar: finds roles by words and by how they are. The others stay where they are, dimmed, so that the chart stays one.

import { useMemo } from 'react';
import { say } from '../../languages/say.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { IconButton } from '../../ui/button.tsx';
import { Select } from '../../ui/field.tsx';
import { isFiltering, matchesFilter, NO_FILTER } from './model.ts';

const statuses = () =>
  [
    { value: 'all', label: say('reorganise.anyState') },
    { value: 'working', label: say('reorganise.working') },
    { value: 'attention', label: say('reorganise.needsALook') },
    { value: 'resting', label: say('reorganise.resting') },
  ] as const;

export function FilterBar({ isFloating }: { isFloating: boolean }) {
  const { store } = useTools();
  const filter = useCanvas((canvas) => canvas.filter);
  const roles = useCanvas((canvas) => canvas.roles);
  const [total, found] = useMemo(() => {
    const all = Object.values(roles);
    return [all.length, all.filter((role) => matchesFilter(role, filter)).length];
  }, [roles, filter]);
  const isOn = isFiltering(filter);
  if (total < 2) return null;
  return (
    <search
      className={`flex items-center gap-1.5 ${isFloating ? 'absolute top-3 start-3 z-10 rounded-m border border-line bg-surface p-1 shadow-(--shadow-card)' : 'border-b border-line bg-surface px-4 py-1.5'}`}
    >
      <input
        type="search"
        data-filter
        aria-label={say('reorganise.findOnTheBoard')}
        placeholder={say('reorganise.findOnTheBoard')}
        value={filter.text}
        onChange={({ target }) => store.setState({ filter: { ...filter, text: target.value } })}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || !isOn) return;
          event.preventDefault();
          store.setState({ filter: NO_FILTER });
        }}
        className="h-9 w-56 min-w-0 rounded-s border border-transparent bg-transparent px-2.5"
      />
      <Select
        label={say('reorganise.state')}
        value={filter.status}
        options={statuses()}
        onChoose={(status) => store.setState({ filter: { ...filter, status } })}
        className="border-transparent!"
      />
      {isOn ? (
        <>
          <span role="status" className="px-1 text-note whitespace-nowrap text-ink-soft">
            {say('reorganise.foundOfTotal', { found, total })}
          </span>
          <IconButton
            icon="close"
            label={say('reorganise.showAll')}
            onClick={() => store.setState({ filter: NO_FILTER })}
          />
        </>
      ) : null}
    </search>
  );
}
