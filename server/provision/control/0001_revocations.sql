-- What the instances of the gateway must agree on. Who may call the functions
-- reaches the tables by them alone.

COMMENT ON SCHEMA sluice_control IS
  'Revocations of the sluice gateway (sluice-provision)';

CREATE TABLE sluice_control.migration (
  version integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE sluice_control.migration IS
  'The versions of schema sluice_control that this database has been through';

CREATE FUNCTION sluice_control.schema_version() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT max(m.version) FROM sluice_control.migration AS m
$body$;
COMMENT ON FUNCTION sluice_control.schema_version() IS
  'The version of schema sluice_control';

CREATE TABLE sluice_control.revocation (
  kind text COLLATE "C" NOT NULL CHECK (
    kind IN ('token_id', 'app', 'certificate_thumbprint', 'key_id')),
  value text COLLATE "C" NOT NULL CHECK (
    octet_length(value) BETWEEN 1 AND 255),
  revoke_time timestamptz NOT NULL CHECK (isfinite(revoke_time)),
  expire_time timestamptz NOT NULL,
  actor text NOT NULL CHECK (octet_length(actor) <= 255),
  reason text NOT NULL CHECK (octet_length(reason) <= 200),
  PRIMARY KEY (kind, value)
);
COMMENT ON TABLE sluice_control.revocation IS
  'What is revoked, until when that matters, by whom and why';

-- For prune.
CREATE INDEX revocation_expire_time ON sluice_control.revocation (expire_time);

-- Whoever changes the revocations locks this row until the end of the
-- transaction: revisions become visible one after the other, each with its
-- change.
CREATE TABLE sluice_control.revision (
  is_single boolean PRIMARY KEY DEFAULT true CHECK (is_single),
  value bigint NOT NULL
) WITH (fillfactor = 10);
COMMENT ON TABLE sluice_control.revision IS
  'Grows by one with each transaction that changes the revocations';
INSERT INTO sluice_control.revision (value) VALUES (1);

CREATE FUNCTION sluice_control.count_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  grown bigint;
BEGIN
  -- Once in a transaction: an upsert counts as INSERT and as UPDATE.
  UPDATE sluice_control.revision AS r SET value = r.value + 1
    WHERE r.xmin <> pg_current_xact_id()::xid
    RETURNING r.value INTO grown;
  IF FOUND THEN
    PERFORM pg_notify('sluice_revocation', grown::text);
  END IF;
  RETURN NULL;
END
$body$;
COMMENT ON FUNCTION sluice_control.count_change() IS
  'Makes the revision grow, and tells the instances';

CREATE TRIGGER count_change
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sluice_control.revocation
  FOR EACH STATEMENT EXECUTE FUNCTION sluice_control.count_change();

-- A replica is as old as the last commit that it has replayed; this makes sure
-- that there is one now and then.
CREATE TABLE sluice_control.heartbeat (
  is_single boolean PRIMARY KEY DEFAULT true CHECK (is_single),
  beat_time timestamptz NOT NULL
) WITH (fillfactor = 10);
COMMENT ON TABLE sluice_control.heartbeat IS
  'By what replicas know how far they are behind';
INSERT INTO sluice_control.heartbeat (beat_time) VALUES (clock_timestamp());

CREATE FUNCTION sluice_control.beat(least_interval interval) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
  UPDATE sluice_control.heartbeat AS h SET beat_time = clock_timestamp()
    WHERE h.beat_time NOT BETWEEN clock_timestamp() - $1 AND clock_timestamp()
$body$;
COMMENT ON FUNCTION sluice_control.beat(interval) IS
  'Sets the heartbeat unless it was set less than so long ago';

CREATE FUNCTION sluice_control.revision() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT r.value FROM sluice_control.revision AS r
$body$;
COMMENT ON FUNCTION sluice_control.revision() IS
  'The revision of the revocations that this server knows';

CREATE FUNCTION sluice_control.replica_lag() RETURNS interval
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT greatest(interval '0', clock_timestamp()
           - greatest(h.beat_time, pg_last_xact_replay_timestamp()))
    FROM sluice_control.heartbeat AS h WHERE pg_is_in_recovery()
$body$;
COMMENT ON FUNCTION sluice_control.replica_lag() IS
  'How old the newest commit is that this replica knows; NULL on a primary';

CREATE FUNCTION sluice_control.read_revocations()
RETURNS TABLE (revision bigint, kind text, value text, revoke_time timestamptz,
               expire_time timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT v.value, r.kind, r.value, r.revoke_time, r.expire_time
    FROM sluice_control.revision AS v
    LEFT JOIN sluice_control.revocation AS r ON r.expire_time > now()
$body$;
COMMENT ON FUNCTION sluice_control.read_revocations() IS
  'All that matters yet, and their revision; without any, one row of NULLs';

CREATE FUNCTION sluice_control.revoke(
  kind text, value text, expire_time timestamptz, actor text, reason text,
  OUT revoke_time timestamptz, OUT revision bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
#variable_conflict use_column
BEGIN
  -- Revoked again, an app loses what it got in between; of all else the first
  -- time stands.
  INSERT INTO sluice_control.revocation AS r
      (kind, value, revoke_time, expire_time, actor, reason)
    VALUES ($1, $2, clock_timestamp(), coalesce($3, 'infinity'), $4, $5)
    ON CONFLICT (kind, value) DO UPDATE SET
      revoke_time = CASE WHEN r.kind = 'app' OR r.expire_time <= now()
                         THEN greatest(r.revoke_time, EXCLUDED.revoke_time)
                         ELSE r.revoke_time END,
      expire_time = greatest(r.expire_time, EXCLUDED.expire_time),
      actor = EXCLUDED.actor,
      reason = EXCLUDED.reason
    RETURNING r.revoke_time INTO revoke_time;
  SELECT v.value INTO revision FROM sluice_control.revision AS v;
END
$body$;
COMMENT ON FUNCTION sluice_control.revoke(text, text, timestamptz, text, text)
  IS 'Revokes, and tells the instances; expire_time NULL: for good';

CREATE FUNCTION sluice_control.prune(max_rows integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
#variable_conflict use_column
DECLARE
  pruned bigint := 0;
BEGIN
  -- Whoever changes nothing tells nobody.
  IF $1 > 0 AND EXISTS (SELECT FROM sluice_control.revocation AS r
                         WHERE r.expire_time < now()) THEN
    DELETE FROM sluice_control.revocation AS r WHERE r.ctid = ANY (ARRAY(
      SELECT old.ctid FROM sluice_control.revocation AS old
        WHERE old.expire_time < now()
        ORDER BY old.expire_time LIMIT $1
        FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS pruned = ROW_COUNT;
  END IF;
  RETURN pruned;
END
$body$;
COMMENT ON FUNCTION sluice_control.prune(integer) IS
  'Deletes at most so many revocations that matter no more; says how many';
