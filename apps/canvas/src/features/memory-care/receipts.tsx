// Receipts: what was forgotten on request, by whom, and until when backups may hold it. Never what it said.

import { say } from '../../languages/say.ts';
import { timeWords } from '../../languages/value-words.ts';
import { Empty } from '../../ui/empty.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Reading } from '../activity/activity-tab.tsx';
import { OutOfReach } from '../workspaces/out-of-reach.tsx';
import { useReceipts } from './use-memory-care.ts';

export function Receipts() {
  const found = useReceipts();
  if (found.isPending) return <Reading />;
  if (found.error && !found.data)
    return <OutOfReach what="memory" error={found.error} onRetry={() => void found.refetch()} />;
  if (found.data.length === 0)
    return (
      <Empty icon="info" title={say('memoryCare.noReceipts')}>
        {say('memoryCare.receiptsAppearHere')}
      </Empty>
    );
  return (
    <ul className="m-0 min-h-0 flex-1 list-none overflow-y-auto p-0" aria-label={say('memoryCare.receipts')}>
      {found.data.map((receipt) => (
        <li key={receipt.id} className="flex gap-3 border-b border-line py-3 ps-5 pe-4">
          <Icon name={receipt.state === 'done' ? 'online' : 'resting'} className="mt-0.5 text-ink-soft" />
          <div className="min-w-0 flex-1">
            <p className="m-0 font-medium">
              {say('memoryCare.receiptCounts', {
                memories: receipt.memories,
                keys: receipt.keys,
                activities: receipt.activities,
              })}
            </p>
            <p className="mt-1 mb-0 text-note text-ink-soft">
              {receipt.state === 'done' ? say('memoryCare.allGone') : say('memoryCare.waitsForPlugin')}{' '}
              {say('memoryCare.backupsUntil', { until: timeWords(receipt.backups_until, 'day') })}
            </p>
            <p className="mt-1 mb-0 text-note text-ink-soft">
              <time dateTime={receipt.created_at}>{timeWords(receipt.created_at, 'full')}</time>
              {', '}
              <span translate="no">{receipt.requested_by}</span>
              {', '}
              <code translate="no">{receipt.id}</code>
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}
