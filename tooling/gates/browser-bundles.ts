// Browser bundles: domain, contracts and client run in a browser too, so they bundle for one and ask nothing of Node.

import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { build, type Message } from 'esbuild';
import type { Gate, Violation } from './gate.ts';

export const NEUTRAL_PACKAGES = ['domain', 'contracts', 'client'] as const;
const NODE_MODULE = new RegExp(`^(node:.+|(${builtinModules.join('|')})(/.*)?)$`);

export const browserBundles: Gate = {
  name: 'domain, contracts and client bundle for a browser',
  async find(root) {
    const found = await Promise.all(
      NEUTRAL_PACKAGES.map((name) => bundle(root, `packages/${name}/src/index.ts`)),
    );
    return found.flat();
  },
};

async function bundle(root: string, entry: string): Promise<Violation[]> {
  try {
    const { errors } = await build({
      absWorkingDir: root,
      entryPoints: [join(root, entry)],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'esm',
      target: 'es2023',
      logLevel: 'silent',
      plugins: [nodeIsAbsent],
    });
    return errors.map((error) => toViolation(entry, error));
  } catch (error) {
    const { errors } = error as { errors?: Message[] };
    if (!errors) throw error;
    return errors.map((message) => toViolation(entry, message));
  }
}

/** Some npm packages would have esbuild replace Node's modules by nothing; here asking for one is an error. */
const nodeIsAbsent = {
  name: 'node-is-absent',
  setup(builder: import('esbuild').PluginBuild) {
    builder.onResolve({ filter: NODE_MODULE }, ({ path }) => ({
      errors: [{ text: `${path} does not exist in a browser` }],
    }));
  },
};

function toViolation(entry: string, { text, location }: Message): Violation {
  return { path: location?.file ?? entry, ...(location ? { line: location.line } : {}), message: text };
}
