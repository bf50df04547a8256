// Role dialogs: the questions about one role, wherever they were asked for.

import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { BudgetDialog } from '../spend/budget-dialog.tsx';
import { RemoveDialog } from './remove-dialog.tsx';
import { RenameDialog } from './rename-dialog.tsx';

export function RoleDialogs() {
  const { store } = useTools();
  const asking = useCanvas((canvas) => canvas.asking);
  const role = useCanvas((canvas) => (canvas.asking ? canvas.roles[canvas.asking.id] : undefined));
  if (!asking || !role) return null;
  const close = () => store.setState({ asking: null });
  if (asking.what === 'rename') return <RenameDialog role={role} onClose={close} />;
  if (asking.what === 'limit') return <BudgetDialog role={role} onClose={close} />;
  return <RemoveDialog role={role} isOpen onClose={close} />;
}
