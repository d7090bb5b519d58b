-- The table of Debian's package index, and the start of its rows.
BEGIN;
SET ROLE demo_ddl;
CREATE TABLE packages (
  name text NOT NULL,
  version text NOT NULL,
  architecture text NOT NULL,
  section text,
  priority text,
  installed_size bigint,
  size bigint,
  depends text[] NOT NULL,
  homepage text,
  description text
);
COMMENT ON TABLE packages IS 'Debian''s package index, of apt-cache dumpavail';
COMMENT ON COLUMN packages.installed_size IS 'KiB; NULL where not stated';
COMMENT ON COLUMN packages.size IS 'Bytes of the package file';
COMMENT ON COLUMN packages.depends IS
  'Dependencies as stated, alternatives and versions included';
COMMENT ON COLUMN packages.description IS 'The short description';
COPY packages FROM STDIN;
