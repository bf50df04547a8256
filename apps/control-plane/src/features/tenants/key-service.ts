// Key service: makes data keys that it alone can unwrap again, for whoever names the same context.

export type KeyContext = Readonly<Record<string, string>>;

export interface KeyService {
  /** A fresh key of 32 bytes, in the clear and wrapped. Throws a Fault when the service is away or refuses. */
  generate(context: KeyContext): Promise<{ key: Buffer; wrapped: Buffer }>;
  /** Null when it was not wrapped by this service, or for another context; throws a Fault when the service is away or refuses. */
  unwrap(wrapped: Buffer, context: KeyContext): Promise<Buffer | null>;
}
