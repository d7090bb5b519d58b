-- Values longer than a batch of a stream, beside short ones and NULLs. Needs type
-- long_note (id int, document jsonb).
SELECT i,
  CASE i WHEN 2 THEN 'short' WHEN 3 THEN NULL
    ELSE repeat('ü漢' || i, 100000) END AS words,
  CASE i WHEN 4 THEN ''::bytea
    ELSE decode(repeat(md5(i::text), 20000), 'hex') END AS bytes,
  ARRAY[repeat('a' || i, 90000), repeat('ß', 90000 / i)] AS list,
  CASE i WHEN 1 THEN NULL
    ELSE jsonb_build_object('key', repeat('"' || i, 80000)) END AS document,
  CASE i WHEN 2 THEN NULL
    ELSE ROW(i, jsonb_build_object('key', repeat('z', 600000 / i)))::long_note
    END AS note
FROM generate_series(1, 5) AS i
