// Activity tab: what one role did and was asked.

import { useMemo } from 'react';
import { say } from '../../languages/say.ts';
import { useCanvas } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Empty } from '../../ui/empty.tsx';
import { failureWords } from '../workspaces/role-actions.ts';
import { ActivityFeed } from './activity-feed.tsx';
import { fromRow, mergeFeed } from './model.ts';
import { useActivityRows } from './use-activity-rows.ts';

export function ActivityTab({ roleId }: { roleId: string }) {
  const feed = useCanvas((canvas) => canvas.feed);
  const { data, error, isPending, refetch } = useActivityRows(roleId);
  const items = useMemo(() => {
    const live = feed.filter((item) => item.workspaceId === roleId || item.targetId === roleId);
    return mergeFeed(live, (data ?? []).filter((row) => row.workspace_id === roleId).map(fromRow));
  }, [feed, data, roleId]);
  if (isPending && items.length === 0) return <Reading />;
  if (error && items.length === 0) {
    return (
      <Empty icon="failed" title={say('activity.theActivityWasNot')}>
        <p className="mt-0">{failureWords(error)}</p>
        <Button onClick={() => void refetch()}>{say('activity.tryAgain')}</Button>
      </Empty>
    );
  }
  return <ActivityFeed items={items} emptyText={say('activity.thisRoleHasDone')} />;
}

export function Reading() {
  return (
    <div className="flex flex-col gap-3 p-5" role="status" aria-label={say('activity.reading')}>
      {[72, 88, 64].map((width) => (
        <div key={width} className="pulse h-4 rounded-s bg-sunken" style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}
