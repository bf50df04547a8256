// Asked variables: which variables of a workspace's own an agent gets. Names that would change how its process is loaded,
// or that carry a secret of the platform, are left out and told.

import { faults, isEnvironmentName, isWithheldVariable } from '@molecule/domain';

/** What of the asked-for variables an agent gets, and the names of the rest. Throws INVALID_REQUEST for what is no variable. */
export function askedVariables(env: Readonly<Record<string, string>>): {
  asked: Record<string, string>;
  refused: string[];
} {
  const refused = Object.keys(env).filter(isWithheldVariable);
  const asked = Object.entries(env).filter(([name]) => !refused.includes(name));
  for (const [name, value] of asked) {
    if (!isEnvironmentName(name) || value.includes('\0')) {
      throw faults.invalidRequest(`the environment variable ${JSON.stringify(name)} is not valid`);
    }
  }
  return { asked: Object.fromEntries(asked), refused };
}
