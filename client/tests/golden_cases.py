"""The statements whose results every row reader is tested against."""

import dataclasses

# Made before the statements run. Removed with the schema.
TYPES = """
    DROP SCHEMA IF EXISTS golden CASCADE;
    CREATE SCHEMA golden;
    GRANT USAGE ON SCHEMA golden TO PUBLIC;
    CREATE TYPE golden.mood AS ENUM ('sad', 'ok, fine');
    CREATE DOMAIN golden.positive AS int CHECK (value > 0);
    CREATE TYPE golden.place AS (x int, label text);
    CREATE TYPE golden.item AS (
      id bigint, price numeric, tags text[], made timestamptz, raw bytea,
      at golden.place, places golden.place[]);
    CREATE TYPE golden.noted AS (doc jsonb, span int4range, spans int4multirange);
    CREATE TYPE golden.words AS RANGE (subtype = text);"""

# How PostgreSQL itself writes values of the types whose JSON is only a text.
FUNCTIONS = """
    CREATE FUNCTION pg_temp.interval_json(v interval) RETURNS json
    LANGUAGE sql STRICT AS $f$SELECT json_build_object(
      'months', (extract(year FROM v) * 12 + extract(month FROM v))::int,
      'days', extract(day FROM v)::int,
      'microseconds', extract(hour FROM v)::int8 * 3600000000
        + extract(minute FROM v)::int8 * 60000000
        + extract(microseconds FROM v)::int8)$f$;
    CREATE FUNCTION pg_temp.range_json(v anyrange) RETURNS json
    LANGUAGE sql STRICT AS $f$SELECT json_build_object(
      'lower', lower(v), 'upper', upper(v), 'lower_inclusive', lower_inc(v),
      'upper_inclusive', upper_inc(v), 'empty', isempty(v))$f$;
    CREATE FUNCTION pg_temp.multirange_json(v anymultirange) RETURNS json
    LANGUAGE sql STRICT AS $f$
      SELECT coalesce(json_agg(pg_temp.range_json(r)), '[]')
      FROM unnest(v) AS r$f$;"""

TEXT = "to_json(v::text)"
INTERVAL = "pg_temp.interval_json(v)"
RANGE = "pg_temp.range_json(v)"
MULTIRANGE = "pg_temp.multirange_json(v)"
TEXTS = "(SELECT json_agg(e::text) FROM unnest(v) AS e)"
RANGES = "(SELECT json_agg(pg_temp.range_json(e)) FROM unnest(v) AS e)"
NOTED = """json_build_object(
    'doc', (v).doc::text, 'span', pg_temp.range_json((v).span),
    'spans', pg_temp.multirange_json((v).spans))"""
PYTHON, NODE = "python", "node"


@dataclasses.dataclass(frozen=True)
class Case:
    """A statement; an expression over its columns for each expected value; the
    languages whose own types do not reach so far."""

    name: str
    sql: str
    truths: tuple = ("to_json(v)",)
    beyond: tuple = ()


def values(name, pg_type, *literals, truth="to_json(v)", beyond=()):
    """A case with one column `v`: the literals, then NULL."""
    rows = ", ".join(
        f"({n}, $${text}$$::{pg_type})" for n, text in enumerate(literals))
    sql = (f"SELECT v FROM (VALUES {rows}, ({len(literals)}, NULL)) AS t (n, v) "
           "ORDER BY n")
    return Case(name, sql, (truth,), beyond)


CASES = (
    values("bool", "bool", "true", "false"),
    values("int2", "int2", "-32768", "32767"),
    values("int4", "int4", "-2147483648", "0", "2147483647"),
    values("int8", "int8", "-9223372036854775808", "9007199254740993",
           "9223372036854775807"),
    values("oid", "oid", "0", "4294967295"),
    values("xid", "xid", "7"),
    values("domain", "golden.positive", "5"),
    values("float4", "float4", "0.1", "1e-45", "-Infinity", "NaN",
           truth="to_json(v::float8)"),
    values("float8", "float8", "0.1", "5e-324", "1.7976931348623157e308", "-0",
           "NaN", "Infinity", "-Infinity", "24769797950537728"),
    values("numeric", "numeric", "0", "-12.500", "1e100", "NaN", "Infinity",
           "-Infinity", "0.0000000000000000000000000000000012345678901234567890",
           "12345678901234567890123456789012345678901234567890.10"),
    values("text", "text", "", "a", "ü漢👍", 'text, "quoted"',
           "two\nlines\tand a tab", "null"),
    values("bpchar", "char(5)", "ab"),
    values("one_char", '"char"', "x"),
    values("name", "name", "ab"),
    values("enum", "golden.mood", "sad", "ok, fine"),
    values("bytea", "bytea", "", r"\x00ff0a22"),
    values("timestamp", "timestamp", "1970-01-01", "1969-12-31 23:59:59.999999",
           "2024-02-29 01:02:03.4", "infinity", "-infinity", "0001-01-02",
           "9999-12-30 23:59:59.999999"),
    values("timestamptz", "timestamptz", "2024-06-30 12:00:00.5+02",
           "1883-11-18 12:03:57+00", "infinity", "-infinity"),
    values("timestamp_bc", "timestamp", "0044-03-15 10:00 BC", beyond=(PYTHON,)),
    values("timestamp_far", "timestamptz", "10000-01-01 00:00+00",
           "275760-09-12 23:59:59.999999+00", beyond=(PYTHON,)),
    values("timestamp_last", "timestamp", "294246-12-31 23:59:59.999999",
           beyond=(PYTHON, NODE)),
    values("date", "date", "1970-01-01", "2024-02-29", "1582-10-10", "infinity",
           "-infinity"),
    values("date_bc", "date", "0001-12-31 BC", "4713-01-01 BC",
           beyond=(PYTHON,)),
    values("date_far", "date", "275760-09-13", beyond=(PYTHON,)),
    values("date_last", "date", "5874897-12-31", beyond=(PYTHON, NODE)),
    values("time", "time", "00:00", "04:05:06.789", "23:59:59.999999"),
    values("time_end", "time", "24:00", beyond=(PYTHON,)),
    values("interval", "interval", "0", "1 year 2 mons -3 days 04:05:06.5",
           "-1 mon +1 day -0.000001 seconds", "300000 hours", truth=INTERVAL),
    values("uuid", "uuid", "00112233-4455-6677-8899-aabbccddeeff"),
    values("json", "json", '{"a":  [1, "x,y", 1.50]}', "null", '"text"', "7",
           truth=TEXT),
    values("jsonb", "jsonb", '{"b": 1.50, "a": null}', "[]", truth=TEXT),
    values("money", "money", "12.34"),
    values("inet", "inet", "192.168.0.1/24"),
    values("point", "point", "(1.5,2)"),
    values("timetz", "timetz", "04:05:06-08"),
    values("bits", "varbit", "101", ""),
    values("tsvector", "tsvector", "a fat cat"),
    values("array", "int4[]", "{1,NULL,3}", "{}", "{7}"),
    values("array_bounds", "int8[]", "[2:3][-1:0]={{1,2},{3,4}}", "{}",
           "[0:0]={9}", "{{{1},{2}},{{3},{4}},{{5},{NULL}}}"),
    values("array_text", "text[]",
           r'{"",null,"null","a b","a,b","a\"b\\c","{}","ü"}',
           "{{a,b},{c,d}}"),
    values("array_bool", "bool[]", "{t,f,NULL}"),
    values("array_numeric", "numeric[]", "{1.50,NaN}", "{{2.0},{NULL}}"),
    values("array_bytea", "bytea[]", r'{"\\x00ff","\\x"}'),
    values("array_date", "date[]", "{2024-02-29,infinity}"),
    values("array_timestamptz", "timestamptz[]",
           '{"2024-02-29 01:02:03+00",-infinity}'),
    values("array_uuid", "uuid[]", "{00112233-4455-6677-8899-aabbccddeeff}"),
    values("array_enum", "golden.mood[]", '{sad,"ok, fine"}'),
    values("array_json", "jsonb[]", r'{"{\"a\": [1]}",NULL}', truth=TEXTS),
    values("array_inet", "inet[]", "{10.0.0.1,NULL}"),
    values("array_range", "int4range[]", '{"[1,5)",NULL,empty}', truth=RANGES),
    values("composite", "golden.place", '(1,"a b")', '(,"")', "(,)"),
    values("composite_nested", "golden.item",
           r'(9007199254740993,1.50,"{a,NULL}","2024-06-30 10:00+00",'
           r'"\\x00ff","(1,x)","{""(2,y)"",NULL,""(,)""}")',
           "(,,,,,,)", '(1,NaN,"{}",infinity,"","(,)","{}")'),
    values("composite_array", "golden.place[]", '{"(1,x)",NULL,"(,)"}', "{}"),
    Case("composite_documents", r"""
        SELECT v FROM (VALUES
          (1, ROW('{"a": [1]}', '[1,5)', '{[1,2),[4,5)}')::golden.noted),
          (2, ROW(NULL, NULL, NULL)::golden.noted)) AS t (n, v) ORDER BY n""",
         (NOTED,)),
    values("int4range", "int4range", "[1,5)", "(0,5]", "empty", "(,)", "[3,)",
           "(,3)", truth=RANGE),
    values("numrange", "numrange", "(1.50,2.5]", "[0,NaN)", truth=RANGE),
    values("tsrange", "tsrange", "[2024-01-01,2024-01-02 03:04:05.6]",
           "[-infinity,infinity)", truth=RANGE),
    values("tstzrange", "tstzrange", "[2024-01-01 00:00+00,)", truth=RANGE),
    values("daterange", "daterange", "[2024-02-28,2024-02-29]", truth=RANGE),
    values("own_range", "golden.words", '["a,b","c""d"]', '["",)', "(,z)",
           truth=RANGE),
    values("int4multirange", "int4multirange", "{[1,3),[5,7)}", "{}", "{(,)}",
           "{(,0),[9,10)}", truth=MULTIRANGE),
    values("datemultirange", "datemultirange", "{[2024-02-28,2024-02-29]}",
           truth=MULTIRANGE),
    values("int2vector", "int2vector", "1 2 3"),
    Case("record", "SELECT ROW(1, 'a b', NULL) AS v", (TEXT,)),
    Case("null_bits",
         "SELECT nullif(i % 3, 0) AS v FROM generate_series(1, 17) AS i"),
    Case("only_nulls", "SELECT NULL::text[] AS v UNION ALL SELECT NULL"),
    Case("columns", "SELECT 1 AS a, 'x' AS b, NULL::date AS c "
         "UNION ALL SELECT 2, 'y', date '2024-02-29' ORDER BY a",
         ("a", "b", "c")),
    Case("no_rows", "SELECT 1 AS a, ARRAY['x'] AS b, int4range(1, 2) AS c, "
         "int4multirange(int4range(1, 2)) AS d, ROW(1, 'x')::golden.place AS e "
         "WHERE false", ("a", "b", "c", "d", "e")),
    Case("no_columns", "SELECT FROM generate_series(1, 3)", ()),
)
