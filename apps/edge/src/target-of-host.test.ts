// Tests of who a name leads to.

import { describe, expect, it } from 'vitest';
import { targetOfHost } from './target-of-host.ts';

describe('a name', () => {
  it.each([
    'localhost',
    'localhost:8080',
    'LOCALHOST',
    '127.0.0.1',
    '127.0.0.1:8080',
    '[::1]:8080',
    'localhost.',
  ])('leads to the platform: %s', (host) => {
    expect(targetOfHost(host, 'localhost')).toEqual({ kind: 'platform' });
    expect(targetOfHost(host, 'molecule.example')).toEqual({ kind: 'platform' });
  });

  it.each(['molecule.example', 'app.molecule.example', 'www.molecule.example:443', 'API.molecule.example'])(
    'of the platform leads there: %s',
    (host) => expect(targetOfHost(host, 'molecule.example')).toEqual({ kind: 'platform' }),
  );

  it.each(['acme.molecule.example', 'ACME.Molecule.Example:8443', 'acme.molecule.example.'])(
    'under the domain leads to its tenant: %s',
    (host) => expect(targetOfHost(host, 'molecule.example')).toEqual({ kind: 'tenant', slug: 'acme' }),
  );

  it.each([
    undefined,
    '',
    ' ',
    'acme.other.example',
    'a.acme.molecule.example',
    'admin.molecule.example',
    'billing.molecule.example',
    'ab.molecule.example',
    '-acme.molecule.example',
    'acmemolecule.example',
    'acme.molecule.example.evil.test',
    'acme.molecule.example:8080:1',
    'user@acme.molecule.example',
    'acme.molecule.example/x',
    'acme..molecule.example',
    'аcme.molecule.example',
    'acme.molecule.example:999999',
  ])('leads to nobody: %j', (host) => {
    expect(targetOfHost(host, 'molecule.example')).toEqual({ kind: 'nobody' });
  });
});
