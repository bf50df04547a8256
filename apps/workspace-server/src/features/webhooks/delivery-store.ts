// Delivery store: which deliveries of a service had their effect already.

export interface DeliveryStore {
  /** Was this delivery remembered after `since` (epoch milliseconds)? */
  isKnown(source: string, deliveryId: string, since: number): Promise<boolean>;
  remember(source: string, deliveryId: string): Promise<void>;
  /** Forgets what is older; returns how many, at most `limit`. */
  prune(olderThan: number, limit: number): Promise<number>;
}
