-- What makes writes with a request id exactly-once. Who may call the functions
-- reaches the table by them alone.

COMMENT ON SCHEMA sluice IS
  'Requests of the sluice gateway, kept for a day (sluice-provision)';

CREATE TABLE sluice.migration (
  version integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE sluice.migration IS
  'The versions of schema sluice that this database has been through';

CREATE FUNCTION sluice.schema_version() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT max(m.version) FROM sluice.migration AS m
$body$;
COMMENT ON FUNCTION sluice.schema_version() IS
  'The version of schema sluice';

-- A row is inserted and then updated once, in one transaction: a tenth of each
-- page is left for that, so that the update needs no index entries. Names are
-- compared by their bytes. No CHECK: PostgreSQL reads each anew for every
-- statement, which would cost a claim a third of its time.
CREATE TABLE sluice.request (
  app text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  digest bytea NOT NULL,
  reply bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app, id)
) WITH (
  fillfactor = 90,
  -- A day's rows come and go each day: little and often.
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_scale_factor = 0.1,
  toast.autovacuum_vacuum_scale_factor = 0.02,
  toast.autovacuum_vacuum_threshold = 1000
);
COMMENT ON TABLE sluice.request IS
  'Requests of each app by their id, with the reply that repeats get';

-- For prune_requests.
CREATE INDEX request_created_at ON sluice.request (created_at);

-- Beyond 2 kB replies are compressed: by lz4 where this server has it.
DO $body$
BEGIN
  ALTER TABLE sluice.request ALTER COLUMN reply SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  NULL;
END
$body$;

CREATE FUNCTION sluice.claim_request(app text, id text, digest bytea)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
#variable_conflict use_column
BEGIN
  IF current_setting('transaction_isolation') = 'read committed' THEN
    INSERT INTO sluice.request (app, id, digest) VALUES ($1, $2, $3)
      ON CONFLICT DO NOTHING;
    IF FOUND THEN
      RETURN;
    END IF;
  ELSE
    -- There ON CONFLICT answers 40001 to a row that its snapshot does not see.
    -- The subtransaction takes a transaction id of its own.
    BEGIN
      INSERT INTO sluice.request (app, id, digest) VALUES ($1, $2, $3);
      RETURN;
    EXCEPTION WHEN unique_violation THEN
      NULL;
    END;
  END IF;
  RAISE EXCEPTION 'request id is in use' USING ERRCODE = 'SL001';
END
$body$;
COMMENT ON FUNCTION sluice.claim_request(text, text, bytea) IS
  'Takes a request id within this transaction; SL001 when it is in use';

-- An INSERT, since that finds the row by the key whatever the planner knows of
-- the table, and without the read that would make serializable transactions
-- conflict by the pages of the index. Where there is no row, the one inserted
-- is undone by the error.
CREATE FUNCTION sluice.keep_reply(app text, id text, reply bytea)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
#variable_conflict use_column
DECLARE
  kept_digest bytea;
BEGIN
  INSERT INTO sluice.request AS r (app, id, digest, reply)
    VALUES ($1, $2, '', $3)
    ON CONFLICT (app, id) DO UPDATE SET reply = EXCLUDED.reply
      WHERE r.reply IS NULL
    RETURNING r.digest INTO kept_digest;
  IF kept_digest IS NULL OR kept_digest = '' THEN
    RAISE EXCEPTION 'request id is not claimed' USING ERRCODE = 'SL002';
  END IF;
END
$body$;
COMMENT ON FUNCTION sluice.keep_reply(text, text, bytea) IS
  'Keeps the reply of a claimed request; SL002 when there is none to keep it of';

CREATE FUNCTION sluice.find_request(app text, id text)
RETURNS TABLE (digest bytea, reply bytea, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT r.digest, r.reply, r.created_at
    FROM sluice.request AS r WHERE r.app = $1 AND r.id = $2
$body$;
COMMENT ON FUNCTION sluice.find_request(text, text) IS
  'The committed request of this id, if there is one';

CREATE FUNCTION sluice.prune_requests(max_rows integer) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
  WITH gone AS (
    DELETE FROM sluice.request AS r WHERE r.ctid = ANY (ARRAY(
      SELECT old.ctid FROM sluice.request AS old
        WHERE old.created_at < now() - interval '1 day'
        ORDER BY old.created_at LIMIT greatest($1, 0)
        FOR UPDATE SKIP LOCKED))
    RETURNING 1
  )
  SELECT count(*) FROM gone
$body$;
COMMENT ON FUNCTION sluice.prune_requests(integer) IS
  'Deletes at most so many requests older than a day; says how many';
