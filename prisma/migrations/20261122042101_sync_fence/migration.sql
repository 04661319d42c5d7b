-- Fences for reading the payments vendor: see lib/db/fence.ts. Not in the schema, which has no word for a bare sequence.
CREATE SEQUENCE "sync_fence";
