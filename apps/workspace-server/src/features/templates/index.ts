// Templates: folders that workspaces are made from.

export { engineOf } from './describe-template.ts';
export { generateConfig } from './generate-config.ts';
export { type ImportTemplateDeps, isPlainPath, templateIdOf } from './import-template.ts';
export { FolderTooLarge, insideRoot, readFolder } from './read-folder.ts';
export { bindTemplateRoutes } from './routes.ts';
export { parseConfig, WorkspaceTemplates } from './workspace-templates.ts';
