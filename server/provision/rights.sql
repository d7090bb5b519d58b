-- {schema} is the name of a schema. Nobody but its owner reaches the tables,
-- whatever default privileges gave away, and nobody calls the functions unless
-- told to. Roles that have been granted the schema get new functions too.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {schema} FROM PUBLIC;
DO $body$
DECLARE
  command text;
BEGIN
  FOR command IN
    SELECT format('REVOKE ALL ON {schema}.%I FROM %s', c.relname,
                  CASE a.grantee WHEN 0 THEN 'PUBLIC'
                                 ELSE a.grantee::regrole::text END)
      FROM pg_class AS c, aclexplode(c.relacl) AS a
      WHERE c.relnamespace = '{schema}'::regnamespace
        AND c.relkind = 'r' AND a.grantee <> c.relowner
    UNION
    SELECT format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO %s',
                  a.grantee::regrole)
      FROM pg_namespace AS n, aclexplode(n.nspacl) AS a
      WHERE n.nspname = '{schema}' AND a.privilege_type = 'USAGE'
        AND a.grantee NOT IN (0, n.nspowner)
  LOOP
    EXECUTE command;
  END LOOP;
END
$body$;
