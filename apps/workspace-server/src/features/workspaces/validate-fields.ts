// Validate fields: the rules for names, roles, engines and folders, with the refusal texts of the contract.

import { faults, LIMITS } from '@molecule/domain';

const FORBIDDEN_CHARACTERS = /[{}[\]|>*&!]/;
const SYSTEM_FOLDERS = ['/etc', '/var', '/proc', '/sys', '/dev', '/boot', '/sbin', '/bin', '/lib', '/usr'];

/** Length first, then line breaks, then characters that would mean something in YAML. Throws INVALID_REQUEST. */
export function checkText(
  field: 'name' | 'role' | 'runtime' | 'model',
  value: string,
  maxChars: number,
): void {
  if (value.length > maxChars) throw faults.invalidRequest(`${field} must be at most ${maxChars} characters`);
  if (/[\r\n]/.test(value)) throw faults.invalidRequest(`${field} must not contain newline characters`);
  const isFree = field === 'model' || field === 'runtime';
  if (!isFree && FORBIDDEN_CHARACTERS.test(value)) {
    throw faults.invalidRequest(`${field} contains invalid characters`);
  }
}

export function checkName(name: string): void {
  if (name.trim() === '') throw faults.invalidRequest('name must not be empty');
  checkText('name', name, LIMITS.nameChars);
}

/** Absolute, without `..`, outside the system's folders. */
export function isAllowedFolder(path: string): boolean {
  if (!path.startsWith('/') || path.includes('\0') || path.split('/').includes('..')) return false;
  const cleaned = path.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');
  return !SYSTEM_FOLDERS.some((folder) => cleaned === folder || cleaned.startsWith(`${folder}/`));
}
