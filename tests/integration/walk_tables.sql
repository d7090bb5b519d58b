-- A table walk.tOID with a column `c` for each type of the database that a
-- column can have, and values in it where some can be had. walk.types lists
-- them.

CREATE SCHEMA walk;
CREATE TABLE walk.types (oid oid PRIMARY KEY, name text NOT NULL,
                         is_made boolean NOT NULL DEFAULT false);

-- Puts what a query gives into a type's table; nothing where it fails. Returns
-- how many rows.
CREATE FUNCTION walk.put(type oid, query text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  row_count bigint;
BEGIN
  EXECUTE format('INSERT INTO walk.t%s %s', type, query);
  GET DIAGNOSTICS row_count = ROW_COUNT;
  RETURN row_count;
EXCEPTION WHEN OTHERS THEN
  RETURN 0;
END $$;

-- Queries that make values of a type of those in the tables of others.
CREATE FUNCTION walk.sources(type pg_type) RETURNS SETOF text
LANGUAGE sql AS $$
  SELECT format(shape, e.oid)
  FROM pg_type AS e,
       (VALUES ('SELECT ARRAY[c, NULL, c] FROM walk.t%s LIMIT 2'),
               ('SELECT ARRAY[ARRAY[c], ARRAY[c]] FROM walk.t%s LIMIT 1'),
               ('SELECT array_fill(c, ARRAY[2], ARRAY[-1]) FROM walk.t%s LIMIT 1'))
         AS s (shape)
  WHERE e.oid = type.typelem AND e.typarray = type.oid
  UNION ALL
  SELECT format('SELECT c FROM walk.t%s LIMIT 3', type.typbasetype)
  WHERE type.typtype = 'd'
  UNION ALL
  SELECT format('SELECT unnest(enum_range(NULL::%s))', type.oid::regtype)
  WHERE type.typtype = 'e'
  UNION ALL
  SELECT format('SELECT %s(%s) FROM walk.t%s LIMIT 2', rngtypid::regtype,
                arguments, rngsubtype)
  FROM pg_range,
       (VALUES ('c, c, ''[]'''), ('NULL, c'), ('c, NULL, ''()'''))
         AS s (arguments)
  WHERE rngtypid = type.oid
  UNION ALL
  SELECT format('SELECT %s(c) FROM walk.t%s LIMIT 3', rngmultitypid::regtype,
                rngtypid)
  FROM pg_range WHERE rngmultitypid = type.oid
  UNION ALL
  SELECT format('SELECT ROW(%s)::%s', string_agg(value, ', ' ORDER BY attnum),
                type.oid::regtype)
  FROM pg_attribute,
       LATERAL (SELECT format('(SELECT c FROM walk.t%s LIMIT 1)', atttypid))
         AS v (value)
  WHERE attrelid = type.typrelid AND attnum > 0 AND NOT attisdropped
  GROUP BY attrelid
$$;

-- Whether a column can be of a type is what PostgreSQL says to it.
DO $$
DECLARE
  t record;
BEGIN
  FOR t IN SELECT oid, format_type(oid, -1) AS name FROM pg_type
           WHERE typnamespace <> 'walk'::regnamespace ORDER BY oid
  LOOP
    BEGIN
      EXECUTE format('CREATE TABLE walk.t%s (c %s)', t.oid, t.name);
      INSERT INTO walk.types VALUES (t.oid, t.name);
    EXCEPTION WHEN OTHERS THEN
      NULL;
    END;
  END LOOP;
END $$;

-- Values of the catalogs: three columns of each type, and whole rows.
SELECT walk.put(atttypid, format('SELECT %I FROM %s WHERE %1$I IS NOT NULL LIMIT 2',
                                 attname, attrelid::regclass))
FROM (SELECT a.*, row_number() OVER (PARTITION BY atttypid
                                     ORDER BY c.relkind, attrelid, attnum)
      FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = attrelid
      WHERE c.relkind IN ('r', 'v') AND attnum > 0
        AND c.relnamespace IN ('pg_catalog'::regnamespace,
                               'information_schema'::regnamespace)) AS a
WHERE row_number <= 3 AND atttypid IN (SELECT oid FROM walk.types);

SELECT walk.put(t.oid, format('SELECT x FROM %s AS x LIMIT 2', typrelid::regclass))
FROM walk.types JOIN pg_type AS t USING (oid) JOIN pg_class AS c ON c.oid = typrelid
WHERE relkind IN ('r', 'v') ORDER BY t.oid;

-- Values made of others, each round of those of the rounds before.
DO $$
DECLARE
  t record;
BEGIN
  FOR round IN 1..4 LOOP
    FOR t IN SELECT pg_type AS type, types.oid
             FROM walk.types JOIN pg_type USING (oid)
             WHERE NOT is_made ORDER BY oid
    LOOP
      UPDATE walk.types
      SET is_made = (SELECT COALESCE(sum(walk.put(t.oid, query)), 0) > 0
                     FROM walk.sources(t.type) AS query)
      WHERE types.oid = t.oid;
    END LOOP;
  END LOOP;
END $$;

SELECT walk.put(oid, format('SELECT %L', empty_value))
FROM (SELECT t.oid,
             CASE WHEN e.oid IS NOT NULL OR t.typtype = 'm' THEN '{}'
                  WHEN t.typtype = 'r' THEN 'empty' END AS empty_value
      FROM walk.types JOIN pg_type AS t USING (oid)
      LEFT JOIN pg_type AS e ON e.oid = t.typelem AND e.typarray = t.oid) AS t
WHERE empty_value IS NOT NULL;

SELECT walk.put(oid, 'VALUES (NULL)') FROM walk.types;

GRANT USAGE ON SCHEMA walk TO app;
GRANT SELECT ON ALL TABLES IN SCHEMA walk TO app;
