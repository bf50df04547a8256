// Authorisation oracle: who passes which operation, said once more, from the contract's text and not from the code.
// The matrix scenario asks it about every operation × principal × object and compares with what the tenant answers.

const ADMIN_PROOFS = ['admin_token', 'org_token', 'session'] as const;
const PROOFS = ['anonymous', 'invalid', ...ADMIN_PROOFS, 'workspace', 'removed_workspace'] as const;

/** What a principal proves. `anonymous`: no credential that counts. `invalid`: one that is not, or no longer, good. */
export interface Principal {
  name: string;
  proves: (typeof PROOFS)[number];
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

/** Every operation of the API by its operationId, under the gate that it stands behind; without an entry the scenario fails.
 *  `name*` passes for unknown and removed workspaces too, `name~` for removed ones; else they answer `unknown` and `410`. */
const GATES = {
  open: `
    health readiness metrics buildInfo readViewport openApiDocument apiPage apiPageStyle
    signIn signInByLink signOut receiveGithub receiveGithubFor`, // GitHub comes with a signature.
  admin_token: 'mintTestToken',
  admin: `
    listWorkspaces createWorkspace deleteWorkspace~ reportBootstrapFailed* readConsole
    listEvents listWorkspaceEvents* liveness readTenant createSignInLink dropStaleMessages
    listOrgTemplates importOrg listTemplates importTemplate
    listOrgTokens mintOrgToken revokeAllOrgTokens revokeOrgToken
    listSessions revokeSession revokeOtherSessions
    exportMemories importMemories backfillMemories previewForgetting forgetBySubject listReceipts readReceipt
    listSuggestions decideSuggestions runHygiene exportOrganisation importOrganisation listPendingApprovals changeBudget previewMove
    listGlobalSecrets putGlobalSecret setGlobalSecret deleteGlobalSecret
    adminListGlobalSecrets adminPutGlobalSecret adminSetGlobalSecret adminDeleteGlobalSecret
    listGlobalSecretDependents rotateSecretsKey validateSecret`,
  workspace: `
    updateWorkspace restartWorkspace listPeers pauseWorkspace* resumeWorkspace* hibernateWorkspace*
    delegate listDelegations recordDelegation updateDelegation
    logActivity notify listActivity* listActivityByQuery* searchSession
    listTokens mintToken revokeToken streamWorkspaceEvents requestApproval listApprovals
    createMemory deleteMemory searchMemories* listNamespaces recallMemories commitMemory forgetMemory editMemory
    setKeyValue deleteKeyValue listKeyValues* readKeyValue*
    listFiles readFile writeFile replaceFiles deleteFile uploadFiles downloadFile
    readBudget assignAgent replaceAgent removeAgent moveAgent expandTeam collapseTeam
    readTranscript readLogs openTerminal readConfig updateConfig listGenerations
    listSecrets* setSecret putSecret deleteSecret listSecretDependents readModel setModel`,
  superior: 'decideApproval approveApproval denyApproval',
  context: 'readSharedContext',
  state: 'readWorkspaceState',
  member: 'readWorkspace',
  own_alone: 'readSecretValues',
  own_in_body: 'updateCard',
  beat: 'register heartbeat',
  discover: 'discover',
  anyone: 'saveViewport checkAccess* explainAccess*',
  relay: 'relayMessage readAgentCard',
  stream: 'followEvents',
};

interface Row {
  gate: keyof typeof GATES;
  mark: string;
}

/** Parents of live workspaces and, for the removed ones, where they stood. */
export type Parents = ReadonlyMap<string, string | null>;

export const ORACLE: ReadonlyMap<string, Row> = new Map(
  Object.entries(GATES).flatMap(([gate, names]) =>
    Array.from(names.matchAll(/(\w+)([*~]?)/g), ([, name, mark]) => [name, { gate, mark }] as [string, Row]),
  ),
);

/** `target` is null for operations that name no workspace. */
export function expectVerdict(row: Row, who: Principal, target: Target | null, parents: Parents): Verdict {
  const isAdmin = ADMIN_PROOFS.some((proof) => proof === who.proves);
  const isWorkspace = who.proves === 'workspace';
  const isNamed = isWorkspace && who.names?.toLowerCase() === who.workspaceId;
  const isSystem = /^(webhook|system|test|channel):/.test(who.names ?? '');
  const isLive = target?.is === 'live';
  const isMalformed = target?.is === 'malformed';
  const [own, id] = [who.workspaceId ?? '', target?.id ?? ''];
  const isOwn = target !== null && isWorkspace && own === id;
  const wasOwn = target !== null && who.proves === 'removed_workspace' && own === id;
  const mayTalk = isLive && isRelated(parents, own, id);
  const when = (isLetIn: boolean): Verdict => (isLetIn ? admitted(row, target) : '401');
  const isIn: Partial<Record<Row['gate'], boolean>> = {
    admin: isAdmin,
    admin_token: who.proves === 'admin_token',
    workspace: isAdmin || isOwn,
    own_alone: isLive ? isOwn : isAdmin, // Every live workspace of the matrix has a token: nobody else may.
    context: isAdmin || isOwn || (isWorkspace && isLive && parents.get(own) === id),
    state: isAdmin || isOwn || wasOwn,
    anyone: isAdmin || isWorkspace,
  };
  switch (row.gate) {
    case 'open':
      return 'pass';
    case 'superior':
      return isOwn ? '403' : when(isAdmin || (isWorkspace && isLive && isAbove(parents, own, id)));
    case 'own_in_body':
    case 'beat':
      return isMalformed ? '400' : when(isAdmin || isOwn || (wasOwn && row.gate === 'beat'));
    case 'member':
      if (!isWorkspace || isMalformed) return isWorkspace ? '400' : when(isAdmin);
      return mayTalk ? 'pass' : 'unknown';
    case 'stream':
      if (who.isCrossSite || isSystem) return '403';
      return when(who.names === null ? isAdmin || isWorkspace : isNamed);
    case 'relay':
      if (isSystem) return '403';
      if (who.names !== null && !isNamed) return '401';
      return isWorkspace && !isMalformed ? (mayTalk ? 'pass' : '403') : when(isAdmin || isWorkspace);
    case 'discover':
      if (who.names === null) return '400';
      if (isSystem) return '403';
      if (!isAdmin && !isNamed) return '401';
      if (isMalformed || (isAdmin && !isLive)) return when(true);
      return isRelated(parents, who.names, id) ? when(true) : '403';
    default:
      return when(isIn[row.gate] ?? false);
  }
}

/** What somebody who passes the gate is told about such a workspace. */
function admitted({ gate, mark }: Row, target: Target | null): Verdict {
  if (target === null || target.is === 'live' || (target.is === 'removed' && mark !== '')) return 'pass';
  if (target.is === 'malformed') return gate === 'anyone' && mark !== '' ? 'pass' : '400';
  if (target.is === 'removed') return gate === 'state' ? 'unknown' : '410';
  return mark === '*' ? 'pass' : 'unknown';
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
