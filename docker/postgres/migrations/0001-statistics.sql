-- Events and their statistics. Applied once, in one transaction, by src/drivers/sql/migrate.ts; a file that was part
-- of a release never changes again: the next change is the next file.

-- Every user action and custom event once. Partitioned by UTC day of event time: src/domain/event-partitions.ts
-- says which partitions there are, so that a day is dropped whole. What is in the key makes a redelivered event
-- conflict with itself: INSERT … ON CONFLICT DO NOTHING.
CREATE TABLE events (
  occurred_at timestamptz NOT NULL,
  trace_id uuid NOT NULL,
  user_id text NOT NULL,
  session_id text,
  event_type text NOT NULL,
  product_id text,
  post_id text,
  properties jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (trace_id, occurred_at)
) PARTITION BY RANGE (occurred_at);

-- For days that have no partition of their own.
CREATE TABLE events_default PARTITION OF events DEFAULT;

CREATE INDEX events_by_user ON events (user_id, occurred_at);

-- How many events of a type a minute had: of all subjects (subject_kind 'all', subject_id ''), of one product, of
-- one post.
CREATE TABLE event_statistics (
  minute timestamptz NOT NULL,
  event_type text NOT NULL,
  subject_kind text NOT NULL CHECK (subject_kind IN ('all', 'product', 'post')),
  subject_id text NOT NULL DEFAULT '',
  events bigint NOT NULL,
  PRIMARY KEY (subject_kind, subject_id, event_type, minute)
);

CREATE INDEX event_statistics_by_minute ON event_statistics (minute);

-- Since the beginning, by post.
CREATE TABLE post_statistics (
  post_id text PRIMARY KEY,
  views bigint NOT NULL DEFAULT 0,
  likes bigint NOT NULL DEFAULT 0,
  clicks bigint NOT NULL DEFAULT 0,
  searches bigint NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX post_statistics_by_views ON post_statistics (views DESC);
CREATE INDEX post_statistics_by_likes ON post_statistics (likes DESC);
CREATE INDEX post_statistics_by_clicks ON post_statistics (clicks DESC);
CREATE INDEX post_statistics_by_searches ON post_statistics (searches DESC);

-- One row a flush, written in the transaction of its deltas: a flush that is tried again finds itself here.
CREATE TABLE statistics_flush (
  flush_id text PRIMARY KEY,
  -- Of the flusher's lock: grows with every holder, so that one who lost it is told apart.
  fencing_token bigint NOT NULL,
  -- Next offset by partition of the event log, of what the flush covers.
  offsets jsonb NOT NULL DEFAULT '{}',
  flushed_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX statistics_flush_by_token ON statistics_flush (fencing_token DESC);
