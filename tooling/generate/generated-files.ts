// Generated files: each with the function that makes its text.

import { apiMarkdown } from './api-markdown.ts';
import { openApiText } from './api-reference.ts';
import { commandPage } from './command-page.ts';
import { ENV_EXAMPLE, envExampleText } from './env-example.ts';
import { lifecyclePage } from './lifecycle-page.ts';
import { platformApiPage } from './platform-api-page.ts';
import { schemaPage } from './schema-page.ts';

export interface GeneratedFile {
  path: string;
  text(root: string): string | Promise<string>;
}

export const GENERATED: readonly GeneratedFile[] = [
  { path: ENV_EXAMPLE, text: envExampleText },
  { path: 'docs/architecture/schema.md', text: schemaPage },
  { path: 'docs/reference/api.md', text: apiMarkdown },
  { path: 'docs/reference/command.md', text: commandPage },
  { path: 'docs/reference/lifecycle.md', text: lifecyclePage },
  { path: 'docs/reference/openapi.json', text: openApiText },
  { path: 'docs/reference/platform-api.md', text: platformApiPage },
];
