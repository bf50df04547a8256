// The door of files: what other features may use.
export { type Place, readText, saveText } from './file-actions.ts';
export { draftKey, sizeWords } from './model.ts';
