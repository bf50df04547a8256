// Organisation tokens: credentials for scripts and integrations, which may do everything here. A token is shown once.

import { orgTokens } from '@molecule/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { timeWords } from '../../languages/value-words.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Empty } from '../../ui/empty.tsx';
import { TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Reading } from '../activity/activity-tab.tsx';
import { CopyText } from '../workspaces/copy-text.tsx';
import { OutOfReach } from '../workspaces/out-of-reach.tsx';
import { attempt } from '../workspaces/role-actions.ts';

type Asked = { kind: 'mint' } | { kind: 'revoke'; token: orgTokens.OrgTokenRow } | { kind: 'revoke-all' };

const KEY = ['org-tokens'];

export function OrgTokens() {
  const { call } = useTools();
  const [asked, setAsked] = useState<Asked | null>(null);
  const query = useQuery({
    queryKey: KEY,
    retry: false,
    queryFn: async ({ signal }) => (await call(orgTokens.listOrgTokens, { signal })).tokens,
  });
  if (query.isPending) return <Reading />;
  if (query.error && !query.data) {
    return <OutOfReach what="tokens" error={query.error} onRetry={() => void query.refetch()} />;
  }
  const tokens = query.data;
  const close = () => setAsked(null);
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="flex items-center gap-2 border-b border-line px-5 py-3">
        <p className="m-0 min-w-0 flex-1 text-ink-soft">{say('orgTokens.forScriptsAndIntegrations')}</p>
        <Button icon="plus" onClick={() => setAsked({ kind: 'mint' })}>
          {say('orgTokens.newToken')}
        </Button>
      </div>
      {tokens.length === 0 ? (
        <Empty icon="key" title={say('orgTokens.noTokens')}>
          {say('orgTokens.makeOneForA')}
        </Empty>
      ) : (
        <>
          <ul className="m-0 list-none p-0" aria-label={say('orgTokens.tokens')}>
            {tokens.map((token) => (
              <TokenLine key={token.id} token={token} onRevoke={() => setAsked({ kind: 'revoke', token })} />
            ))}
          </ul>
          <div className="px-5 py-3">
            <Button look="danger" onClick={() => setAsked({ kind: 'revoke-all' })}>
              {say('orgTokens.revokeAllCount', { count: tokens.length })}
            </Button>
          </div>
        </>
      )}
      {asked?.kind === 'mint' ? <MintDialog onClose={close} /> : null}
      {asked?.kind === 'revoke' || asked?.kind === 'revoke-all' ? (
        <RevokeDialog
          token={asked.kind === 'revoke' ? asked.token : null}
          count={tokens.length}
          onClose={close}
        />
      ) : null}
    </div>
  );
}

function TokenLine({ token, onRevoke }: { token: orgTokens.OrgTokenRow; onRevoke: () => void }) {
  const name = token.name ?? token.prefix;
  return (
    <li className="flex items-center gap-3 border-b border-line py-2.5 ps-5 pe-3">
      <Icon name="key" className="text-ink-soft" />
      <div className="min-w-0 flex-1">
        <span className="block truncate font-semibold">{token.name ?? say('orgTokens.withoutAName')}</span>
        <span className="block text-note text-ink-soft">
          <code className="font-mono">{token.prefix}…</code> · {madeWords(token)} ·{' '}
          {token.last_used_at
            ? say('orgTokens.used', { day: timeWords(token.last_used_at, 'day') })
            : say('orgTokens.neverUsed')}
        </span>
      </div>
      <IconButton icon="trash" label={say('orgTokens.revokeName', { name })} onClick={onRevoke} />
    </li>
  );
}

function MintDialog({ onClose }: { onClose: () => void }) {
  const tools = useTools();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [minted, setMinted] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const mint = async () => {
    setBusy(true);
    await attempt(tools, say('orgTokens.noTokenWasMade'), async () => {
      const made = await tools.call(orgTokens.mintOrgToken, { body: { name: name.trim() || null } });
      setMinted(made.auth_token);
    });
    setBusy(false);
    await client.invalidateQueries({ queryKey: KEY });
  };
  if (minted !== null) {
    return (
      <Dialog
        isOpen
        onClose={onClose}
        title={say('orgTokens.takeItNow')}
        description={say('orgTokens.thisTokenIsShown')}
      >
        <p className="mt-4 mb-0 overflow-hidden rounded-m bg-sunken px-3 py-2.5">
          <CopyText text={minted} />
        </p>
        <div className="mt-5 flex justify-end">
          <Button look="primary" onClick={onClose}>
            {say('orgTokens.iHaveIt')}
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog isOpen onClose={onClose} title={say('orgTokens.newToken')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) void mint();
        }}
      >
        <TextField
          className="mt-4"
          label={say('orgTokens.whatIsItFor')}
          placeholder={say('orgTokens.nightlyReport')}
          value={name}
          maxLength={100}
          onChange={setName}
        />
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>{say('orgTokens.cancel')}</Button>
          <Button look="primary" type="submit" isBusy={isBusy}>
            {say('orgTokens.makeIt')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface RevokeDialogProps {
  /** Null for all of them. */
  token: orgTokens.OrgTokenRow | null;
  count: number;
  onClose: () => void;
}

function RevokeDialog({ token, count, onClose }: RevokeDialogProps) {
  const tools = useTools();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const revoke = async () => {
    setBusy(true);
    await attempt(tools, say('orgTokens.nothingWasRevoked'), () =>
      token
        ? tools.call(orgTokens.revokeOrgToken, { params: { tokenId: token.id } })
        : tools.call(orgTokens.revokeAllOrgTokens),
    );
    await client.invalidateQueries({ queryKey: KEY });
    onClose();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={
        token
          ? say('orgTokens.revokeQuestion', { name: token.name ?? token.prefix })
          : say('orgTokens.revokeAllCountTokens', { count })
      }
      description={say('orgTokens.whatUsesItIs')}
    >
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={onClose}>{say(token ? 'orgTokens.keepIt' : 'orgTokens.keepThem')}</Button>
        <Button look="danger" isBusy={isBusy} onClick={() => void revoke()}>
          {say('orgTokens.revoke')}
        </Button>
      </div>
    </Dialog>
  );
}

function madeWords({ created_at, created_by }: orgTokens.OrgTokenRow): string {
  const day = timeWords(created_at, 'day');
  return created_by ? say('orgTokens.madeBy', { day, by: created_by }) : say('orgTokens.made', { day });
}
