// The door of reorganise: what other features, the board and the shell may use.
export { renameUndoably } from './reorganise-roles.ts';
export { redoStep, undoStep } from './undo.ts';
