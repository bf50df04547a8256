// Feed items as sentences.

import { describe, expect, it } from 'vitest';
import { describeActivity } from './describe-activity.ts';
import { FEED_LIMIT, type FeedItem, mergeFeed } from './model.ts';

const item = (fields: Partial<FeedItem>): FeedItem => ({
  id: 'i',
  atMs: 0,
  workspaceId: 'w',
  kind: 'a2a_receive',
  sourceId: 's',
  targetId: 'w',
  method: 'message/send',
  text: null,
  isError: false,
  durationMs: null,
  ...fields,
});

describe('describeActivity', () => {
  it('says who asked whom, and what', () => {
    const asked = item({ kind: 'a2a_send', workspaceId: 's', text: 'Delegating to W: check this: now' });
    expect(describeActivity(asked)).toMatchObject({
      subject: 's',
      verb: 'asked',
      object: 'w',
      detail: 'check this: now',
    });
  });

  it('says who answered whom', () => {
    expect(describeActivity(item({}))).toMatchObject({ subject: 'w', verb: 'answered', object: 's' });
    expect(describeActivity(item({ isError: true }))).toMatchObject({ verb: 'did not answer', tone: 'fail' });
  });

  it('leaves out the copy that the sender keeps', () => {
    expect(describeActivity(item({ workspaceId: 's' }))).toBeNull();
  });

  it('names the person', () => {
    expect(describeActivity(item({ sourceId: null }))).toMatchObject({ subject: 'w', object: 'you' });
  });

  it('says what happened to a role, and why when it is bad', () => {
    expect(describeActivity(item({ kind: 'WORKSPACE_ONLINE', text: 'x' }))).toMatchObject({
      verb: 'is online',
      detail: null,
    });
    expect(describeActivity(item({ kind: 'WORKSPACE_PROVISION_FAILED', text: 'x' }))).toMatchObject({
      detail: 'x',
    });
  });
});

describe('mergeFeed', () => {
  it('keeps each item once, newest first, and no more than its limit', () => {
    const many = Array.from({ length: FEED_LIMIT + 50 }, (_, i) => item({ id: `i${i}`, atMs: i }));
    const feed = mergeFeed(mergeFeed([], many), many);
    expect(feed).toHaveLength(FEED_LIMIT);
    expect(feed[0]?.atMs).toBe(FEED_LIMIT + 49);
  });
});
