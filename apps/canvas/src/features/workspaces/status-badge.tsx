// Status badge: a role's status as drawing, word and colour.

import type { WorkspaceStatus } from '@molecule/domain';
import { Icon } from '../../ui/icon.tsx';
import { STATUS_LOOKS, statusLabel, TONE_SOFT, TONE_TEXT } from './status-look.ts';

export function StatusBadge({ status, isBare = false }: { status: WorkspaceStatus; isBare?: boolean }) {
  const look = STATUS_LOOKS[status];
  const frame = isBare ? '' : `rounded-s px-2 py-0.5 ${TONE_SOFT[look.tone]}`;
  return (
    <span
      className={`inline-flex items-center gap-1 text-note font-medium whitespace-nowrap ${frame} ${TONE_TEXT[look.tone]}`}
    >
      <Icon name={look.icon} className={`size-3.5! ${status === 'provisioning' ? 'spin' : ''}`} />
      {statusLabel(status)}
    </span>
  );
}
