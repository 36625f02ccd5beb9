-- Events and their statistics. Applied once, in one transaction, by src/drivers/sql/migrate.ts; a file that was part
-- of a release never changes again: the next change is the next file. What the tables mean is in docs/statistics.md.

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
  category text,
  price double precision,
  query text,
  context jsonb,
  properties jsonb NOT NULL DEFAULT '{}',
  -- Where the event stands in the log: tells a redelivery from an event that was appended twice.
  log_topic text NOT NULL,
  log_partition integer NOT NULL,
  log_offset bigint NOT NULL,
  PRIMARY KEY (trace_id, occurred_at)
) PARTITION BY RANGE (occurred_at);

-- For days that have no partition of their own.
CREATE TABLE events_default PARTITION OF events DEFAULT;

CREATE INDEX events_by_user ON events (user_id, occurred_at);

-- How many events of a type a minute had: of all (subject_kind 'all', subject_id ''), of one product, of one post, of
-- one search text. The sum over 'all' is the number of events.
CREATE TABLE event_statistics (
  minute timestamptz NOT NULL,
  event_type text NOT NULL,
  subject_kind text NOT NULL CHECK (subject_kind IN ('all', 'product', 'post', 'query')),
  subject_id text NOT NULL DEFAULT '',
  events bigint NOT NULL,
  PRIMARY KEY (subject_kind, subject_id, minute, event_type)
);

-- The same by hour, of all: what long ranges are answered from.
CREATE TABLE event_statistics_by_hour (
  hour timestamptz NOT NULL,
  event_type text NOT NULL,
  events bigint NOT NULL,
  PRIMARY KEY (hour, event_type)
);

-- Since the beginning. Likes are those that were not taken back.
CREATE TABLE post_statistics (
  post_id text PRIMARY KEY,
  views bigint NOT NULL DEFAULT 0,
  likes bigint NOT NULL DEFAULT 0,
  clicks bigint NOT NULL DEFAULT 0
);

CREATE INDEX post_statistics_by_views ON post_statistics (views DESC, post_id);
CREATE INDEX post_statistics_by_likes ON post_statistics (likes DESC, post_id);
CREATE INDEX post_statistics_by_clicks ON post_statistics (clicks DESC, post_id);

CREATE TABLE product_statistics (
  product_id text PRIMARY KEY,
  views bigint NOT NULL DEFAULT 0,
  likes bigint NOT NULL DEFAULT 0,
  clicks bigint NOT NULL DEFAULT 0
);

CREATE INDEX product_statistics_by_views ON product_statistics (views DESC, product_id);
CREATE INDEX product_statistics_by_likes ON product_statistics (likes DESC, product_id);
CREATE INDEX product_statistics_by_clicks ON product_statistics (clicks DESC, product_id);

CREATE TABLE search_statistics (
  query text PRIMARY KEY,
  searches bigint NOT NULL DEFAULT 0
);

CREATE INDEX search_statistics_by_searches ON search_statistics (searches DESC, query);

-- One row a flush, written in the transaction of its deltas: a flush that is tried again finds itself here.
CREATE TABLE statistics_flush (
  flush_id text PRIMARY KEY,
  -- Of the flusher's lock: grows with every holder, so that one who lost it is told apart.
  fencing_token bigint NOT NULL,
  events bigint NOT NULL,
  flushed_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX statistics_flush_by_time ON statistics_flush (flushed_at);

-- Next offset by partition of the event log (`topic:partition`): everything before it is in the tables above, and
-- nothing of it is counted again.
CREATE TABLE statistics_progress (
  source text PRIMARY KEY,
  next_offset bigint NOT NULL
);

-- One row: whose turn it is to flush, and when what was counted by then was in these tables.
CREATE TABLE statistics_state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  fencing_token bigint NOT NULL DEFAULT 0,
  as_of timestamptz
);

INSERT INTO statistics_state DEFAULT VALUES;
