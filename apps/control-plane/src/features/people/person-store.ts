// Person store: accounts and the sessions of their browsers.

export interface Person {
  id: string;
  email: string;
  name: string;
  termsVersion: string | null;
}

export interface PersonStore {
  /** Null when the address has an account already. */
  create(input: {
    email: string;
    name: string;
    passwordHash: string;
    termsVersion: string | null;
  }): Promise<Person | null>;
  findByEmail(email: string): Promise<(Person & { passwordHash: string | null }) | null>;
  findByIdentity(issuer: string, subject: string): Promise<Person | null>;
  /**
   * Makes the account of a proven address, or joins to it the one that is there: nobody proved the address to that one, so
   * its password and its sessions end. Null when the account has another subject of this issuer: the address changed hands.
   */
  link(input: { issuer: string; subject: string; email: string; name: string }): Promise<Person | null>;
  find(id: string): Promise<Person | null>;
  acceptTerms(id: string, version: string): Promise<void>;
  /** Keeps the digest only. */
  openSession(userId: string, digest: Buffer, expiresAt: number): Promise<void>;
  findSession(digest: Buffer): Promise<{ sessionId: string; person: Person } | null>;
  /** Ends the session and tells the tenants of the person's organisations. */
  endSession(sessionId: string): Promise<void>;
}
