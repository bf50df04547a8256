// Authorisation oracle: who passes which operation, said once more, from the contract's text and not from the code.
// The matrix scenario asks it about every operation × principal × object and compares with what the tenant answers.

/** What a principal proves. `anonymous`: no credential that counts. `invalid`: one that is not, or no longer, good. */
export interface Principal {
  name: string;
  proves:
    | 'anonymous'
    | 'invalid'
    | 'admin_token'
    | 'org_token'
    | 'session'
    | 'workspace'
    | 'removed_workspace';
  /** The workspace that the credential belongs, or belonged, to. */
  workspaceId: string | null;
  /** `X-Workspace-ID` as sent; null when it is not sent. */
  names: string | null;
  isCrossSite?: boolean;
}

export interface Target {
  name: string;
  id: string;
  is: 'live' | 'removed' | 'unknown' | 'malformed';
}

/** `unknown` is 404 as for a workspace that never existed. `pass`: the use-case was reached, whatever it says. */
export type Verdict = 'pass' | '400' | '401' | '403' | 'unknown' | '410';

export type Gate =
  | 'open'
  | 'admin'
  | 'admin_token'
  | 'workspace'
  | 'superior'
  | 'context'
  | 'state'
  | 'member'
  | 'own_in_body'
  | 'beat'
  | 'own_in_path'
  | 'own_alone'
  | 'discover'
  | 'ask'
  | 'relay'
  | 'canvas'
  | 'stream';

interface Row {
  gate: Gate;
  /** What somebody who passes the gate is told about such a workspace; `unknown`, `410` and `400` unless said. */
  unknown?: Verdict;
  removed?: Verdict;
}

/** Parents of live workspaces and, for the removed ones, where they stood. */
export type Parents = ReadonlyMap<string, string | null>;

const rows = (gate: Gate, names: string, rest: Omit<Row, 'gate'> = {}): [string, Row][] =>
  names.split(' ').map((name) => [name, { gate, ...rest }]);

/** Every operation of the API by its operationId. An operation without a row fails the scenario. */
export const ORACLE: ReadonlyMap<string, Row> = new Map([
  ...rows('open', 'health readiness metrics buildInfo readViewport openApiDocument apiPage apiPageStyle'),
  ...rows('open', 'signIn signInByLink signOut'),
  // Admitted by a signature, not by a credential.
  ...rows('open', 'receiveGithub receiveGithubFor'),
  ...rows(
    'admin',
    'listWorkspaces createWorkspace listEvents liveness readTenant listOrgTemplates importOrg',
  ),
  ...rows('admin', 'createSignInLink dropStaleMessages'),
  ...rows('admin', 'deleteWorkspace', { removed: 'pass' }),
  ...rows('admin', 'listWorkspaceEvents', { unknown: 'pass', removed: 'pass' }),
  ...rows('admin_token', 'mintTestToken'),
  ...rows('workspace', 'updateWorkspace restartWorkspace delegate listDelegations recordDelegation'),
  ...rows('workspace', 'updateDelegation logActivity notify'),
  // One text for a workspace that is unknown and for one in another state.
  ...rows('workspace', 'pauseWorkspace resumeWorkspace hibernateWorkspace', {
    unknown: 'pass',
    removed: 'pass',
  }),
  ...rows('workspace', 'listTokens mintToken revokeToken streamWorkspaceEvents'),
  ...rows('workspace', 'listActivity listActivityByQuery', { unknown: 'pass', removed: 'pass' }),
  ...rows('workspace', 'listActivity', { unknown: 'pass', removed: 'pass' }),
  ...rows('workspace', 'createMemory deleteMemory listNamespaces recallMemories commitMemory forgetMemory'),
  ...rows('workspace', 'setKeyValue deleteKeyValue'),
  ...rows('workspace', 'searchMemories listKeyValues readKeyValue', { unknown: 'pass', removed: 'pass' }),
  ...rows('admin', 'exportMemories importMemories'),
  ...rows('admin', 'previewMove'),
  ...rows('workspace', 'requestApproval listApprovals'),
  ...rows('admin', 'listPendingApprovals'),
  ...rows('admin', 'reportBootstrapFailed', { unknown: 'pass', removed: 'pass' }),
  ...rows('admin', 'readConsole'),
  ...rows('workspace', 'readTranscript expandTeam collapseTeam'),
  ...rows('admin', 'listOrgTokens mintOrgToken revokeAllOrgTokens revokeOrgToken'),
  ...rows('admin', 'listTemplates importTemplate'),
  ...rows('workspace', 'listFiles readFile writeFile replaceFiles deleteFile uploadFiles downloadFile'),
  ...rows('context', 'readSharedContext'),
  ...rows('workspace', 'readLogs openTerminal'),
  ...rows('workspace', 'readBudget assignAgent replaceAgent removeAgent moveAgent'),
  ...rows('workspace', 'searchSession readBudget assignAgent replaceAgent removeAgent moveAgent'),
  ...rows('admin', 'changeBudget'),
  ...rows('superior', 'decideApproval approveApproval denyApproval'),
  ...rows('workspace', 'listSecrets', { unknown: 'pass', removed: 'pass' }),
  ...rows('workspace', 'setSecret putSecret deleteSecret listSecretDependents readModel setModel'),
  ...rows('workspace', 'readConfig updateConfig listGenerations'),
  ...rows('own_alone', 'readSecretValues'),
  ...rows('admin', 'listGlobalSecrets adminListGlobalSecrets putGlobalSecret setGlobalSecret'),
  ...rows('admin', 'adminPutGlobalSecret adminSetGlobalSecret deleteGlobalSecret adminDeleteGlobalSecret'),
  ...rows('admin', 'listGlobalSecretDependents rotateSecretsKey validateSecret'),
  ...rows('state', 'readWorkspaceState', { removed: 'unknown' }),
  ...rows('member', 'readWorkspace'),
  ...rows('beat', 'register heartbeat'),
  ...rows('own_in_body', 'updateCard'),
  ...rows('own_in_path', 'listPeers'),
  ...rows('discover', 'discover'),
  ...rows('ask', 'checkAccess explainAccess', { unknown: 'pass', removed: 'pass' }),
  ...rows('relay', 'relayMessage readAgentCard'),
  ...rows('canvas', 'saveViewport'),
  ...rows('stream', 'followEvents'),
]);

/** `target` is null for operations that name no workspace. */
export function expectVerdict(row: Row, who: Principal, target: Target | null, parents: Parents): Verdict {
  const isAdmin = who.proves === 'admin_token' || who.proves === 'org_token' || who.proves === 'session';
  const isWorkspace = who.proves === 'workspace';
  const isOwn = target !== null && isWorkspace && who.workspaceId === target.id;
  const wasOwn = target !== null && who.proves === 'removed_workspace' && who.workspaceId === target.id;
  const isSystem = /^(webhook|system|test|channel):/.test(who.names ?? '');
  const admitted = (): Verdict => {
    if (target === null || target.is === 'live') return 'pass';
    if (target.is === 'malformed') return row.gate === 'ask' ? 'pass' : '400';
    return target.is === 'removed' ? (row.removed ?? '410') : (row.unknown ?? 'unknown');
  };
  const when = (isLetIn: boolean): Verdict => (isLetIn ? admitted() : '401');

  switch (row.gate) {
    case 'open':
      return 'pass';
    case 'admin':
      return when(isAdmin);
    case 'admin_token':
      return when(who.proves === 'admin_token');
    case 'workspace':
    case 'own_in_path':
      return when(isAdmin || isOwn);
    case 'own_alone':
      // Every live workspace of the matrix has a token, so whoever may do everything else may not do this.
      return target?.is === 'live' ? when(isOwn) : when(isAdmin);
    case 'superior':
      if (isOwn) return '403';
      return when(
        isAdmin || (isWorkspace && target?.is === 'live' && isAbove(parents, who.workspaceId, target.id)),
      );
    case 'context':
      return when(
        isAdmin ||
          isOwn ||
          (isWorkspace && target?.is === 'live' && parents.get(who.workspaceId ?? '') === target.id),
      );
    case 'state':
      return when(isAdmin || isOwn || wasOwn);
    case 'canvas':
    case 'ask':
      return when(isAdmin || isWorkspace);
    case 'own_in_body':
      return target?.is === 'malformed' ? '400' : when(isAdmin || isOwn);
    case 'beat':
      return target?.is === 'malformed' ? '400' : when(isAdmin || isOwn || wasOwn);
    case 'member':
      if (!isWorkspace) return when(isAdmin);
      return target?.is === 'malformed' ? '400' : mayTalk(parents, who, target) ? 'pass' : 'unknown';
    case 'stream':
      if (who.isCrossSite || isSystem) return '403';
      return who.names === null ? when(isAdmin || isWorkspace) : when(isWorkspace && named(who));
    case 'relay':
      if (isSystem) return '403';
      if (who.names !== null && !(isWorkspace && named(who))) return '401';
      if (isWorkspace && target?.is !== 'malformed') return mayTalk(parents, who, target) ? 'pass' : '403';
      return when(isAdmin || isWorkspace);
    case 'discover':
      if (who.names === null) return '400';
      if (isSystem) return '403';
      if (!isAdmin && !(isWorkspace && named(who))) return '401';
      if (target?.is === 'malformed' || (isAdmin && target?.is !== 'live')) return admitted();
      if (!isRelated(parents, who.names, target?.id ?? '')) return '403';
      return admitted();
  }
}

function named(who: Principal): boolean {
  return who.names?.toLowerCase() === who.workspaceId;
}

function mayTalk(parents: Parents, who: Principal, target: Target | null): boolean {
  return target?.is === 'live' && isRelated(parents, who.workspaceId ?? '', target.id);
}

/** Section 5: self, siblings, roots among each other, one above the other at any depth up to 32. */
function isRelated(parents: Parents, a: string, b: string): boolean {
  if (!parents.has(a) || !parents.has(b)) return false;
  return parents.get(a) === parents.get(b) || isAbove(parents, a, b) || isAbove(parents, b, a);
}

function isAbove(parents: Parents, upper: string | null, lower: string): boolean {
  let at: string | null | undefined = parents.get(lower);
  for (let step = 0; step < 32 && at; step++, at = parents.get(at)) if (at === upper) return true;
  return false;
}
