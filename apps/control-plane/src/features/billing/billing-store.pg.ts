// Billing store on Postgres.
//
//   U1. A usage event counts once, by its id, whoever repeats it and however often.
//   U2. Credits are entries that are only added; one source gives or takes once.
//   U3. A webhook's id is kept before it acts; a subscription's newest state wins, whatever the order of arrival.

import type { Clock } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type { BillingStore, CreditSums, SubscriptionNews, UsageSum } from './billing-store.ts';

const HOUR_MS = 3_600_000;
const ACTIVE = ['active', 'trialing'];
/** While the provider still tries to be paid, the plan stays. */
const KEEPS_PLAN = [...ACTIVE, 'past_due'];

export class PgBillingStore implements BillingStore {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** U1, U2. */
  addUsage(orgId: string, events: Parameters<BillingStore['addUsage']>[1]): Promise<number> {
    return this.#db.tx(async (tx) => {
      let added = 0;
      for (const event of events) {
        const rows = await tx.query(
          `insert into usage_events
             (event_id, org_id, workspace_id, model, provider, tokens_in, tokens_out, cache_read, cache_write, at, received_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (event_id) do nothing returning event_id`,
          [
            event.event_id,
            orgId,
            event.workspace_id ?? null,
            event.model,
            event.provider,
            event.tokens_in,
            event.tokens_out,
            event.cache_read,
            event.cache_write,
            new Date(event.at),
            this.#now(),
          ],
        );
        if (rows.length === 0) continue;
        added++;
        if (event.credits === 0) continue;
        await tx.query(
          `insert into credit_entries (org_id, kind, amount, reason, source_id, at)
           values ($1, 'use', $2, 'model usage', $3, $4) on conflict (org_id, kind, source_id) do nothing`,
          [orgId, -event.credits, event.event_id, this.#now()],
        );
      }
      return added;
    });
  }

  async sumUsage(orgId: string, fromMs: number, toMs: number): Promise<UsageSum[]> {
    const rows = await this.#db.query<Record<string, string>>(
      `select model, provider, sum(tokens_in) as "in", sum(tokens_out) as "out", sum(cache_read) as cache_read,
         sum(cache_write) as cache_write, count(*) as events
       from usage_events where org_id = $1 and at >= $2 and at < $3 group by model, provider order by model, provider`,
      [orgId, new Date(fromMs), new Date(toMs)],
    );
    return rows.map((row) => ({
      model: row.model ?? '',
      provider: row.provider ?? '',
      tokensIn: Number(row.in),
      tokensOut: Number(row.out),
      cacheRead: Number(row.cache_read),
      cacheWrite: Number(row.cache_write),
      events: Number(row.events),
    }));
  }

  async credits(orgId: string, sinceMs = 0): Promise<CreditSums> {
    const [row] = await this.#db.query<Record<string, string | null>>(
      `select sum(amount) as balance,
         -sum(amount) filter (where kind = 'use' and at >= $2) as used,
         sum(amount) filter (where kind = 'overage' and at >= $2) as overage
       from credit_entries where org_id = $1`,
      [orgId, new Date(sinceMs)],
    );
    return {
      balance: Number(row?.balance ?? 0),
      used: Number(row?.used ?? 0),
      overage: Number(row?.overage ?? 0),
    };
  }

  async grant(orgId: string, amount: number, reason: string, sourceId: string): Promise<boolean> {
    const rows = await this.#db.query(
      `insert into credit_entries (org_id, kind, amount, reason, source_id, at) values ($1, 'grant', $2, $3, $4, $5)
       on conflict (org_id, kind, source_id) do nothing returning id`,
      [orgId, amount, reason, sourceId, this.#now()],
    );
    return rows.length > 0;
  }

  async instanceHours(orgId: string, fromMs: number, toMs: number): Promise<number> {
    const [row] = await this.#db.query<{ created_at: number }>(
      'select created_at from tenant_instances where org_id = $1',
      [orgId],
    );
    if (!row) return 0;
    const end = Math.min(toMs, this.#clock.now());
    return Math.max(0, (end - Math.max(fromMs, row.created_at)) / HOUR_MS);
  }

  /** U3. An event that was kept and not acted on is acted on now. */
  async keepEvent(eventId: string, kind: string): Promise<boolean> {
    const [row] = await this.#db.query<{ acted_at: number | null }>(
      `insert into billing_events as e (event_id, kind, received_at) values ($1, $2, $3)
       on conflict (event_id) do update set kind = e.kind returning acted_at`,
      [eventId, kind, this.#now()],
    );
    return row?.acted_at === null;
  }

  async eventDone(eventId: string): Promise<void> {
    await this.#db.query('update billing_events set acted_at = $2 where event_id = $1', [
      eventId,
      this.#now(),
    ]);
  }

  subscribe(news: SubscriptionNews): Promise<boolean> {
    return this.#db.tx(async (tx) => {
      const isActive = ACTIVE.includes(news.status);
      const keepsPlan = KEEPS_PLAN.includes(news.status);
      const [kept] = await tx.query(
        `insert into subscriptions as s (org_id, customer_id, subscription_id, status, plan, object_at, updated_at)
         select id, $2, $3, $4, $5, $6, $7 from orgs where id = $1
         on conflict (org_id) do update set customer_id = coalesce($2, s.customer_id),
           subscription_id = coalesce($3, s.subscription_id), status = $4, plan = $5, object_at = $6, updated_at = $7
         where s.object_at <= $6 returning org_id`,
        [
          news.orgId,
          news.customerId,
          news.subscriptionId,
          news.status,
          news.plan,
          new Date(news.objectAt),
          this.#now(),
        ],
      );
      if (!kept) return false;
      await tx.query('update orgs set plan = $2, updated_at = $3 where id = $1', [
        news.orgId,
        keepsPlan ? news.plan : 'free',
        this.#now(),
      ]);
      if (isActive) await this.#endWaiting(tx, news.orgId);
      return true;
    });
  }

  /** Whoever waited for the payment gets its tenant now. Nothing was made of it so far. */
  async #endWaiting(tx: Tx, orgId: string): Promise<void> {
    const [moved] = await tx.query(
      `update orgs set status = 'provisioning' where id = $1 and status = 'awaiting_payment' returning id`,
      [orgId],
    );
    if (!moved) return;
    await tx.query(
      `update tenant_instances set wanted = 'up', status = 'provisioning', stage = null, failures = 0, next_try_at = $2,
         updated_at = $2 where org_id = $1`,
      [orgId, this.#now()],
    );
  }

  async endSubscription(orgId: string): Promise<void> {
    await this.#db.query('delete from subscriptions where org_id = $1', [orgId]);
  }

  async findSubscription(orgId: string) {
    const [row] = await this.#db.query<{
      customer_id: string | null;
      subscription_id: string | null;
      status: string;
    }>('select customer_id, subscription_id, status from subscriptions where org_id = $1', [orgId]);
    if (!row) return null;
    return { customerId: row.customer_id, subscriptionId: row.subscription_id, status: row.status };
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}
