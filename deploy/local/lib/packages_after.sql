-- What follows the rows of Debian's package index.
CREATE INDEX packages_name ON packages (name);
CREATE INDEX packages_section ON packages (section);
COMMIT;
ANALYZE packages;
