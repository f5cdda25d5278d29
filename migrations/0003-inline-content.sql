-- The stored bytes of a small blob, in the format of a file (docs/BLOCK-FORMAT.md). Where this is null they are a file;
-- where it is not, a file of that id is nothing. In the row of the blob, so that whatever reads, publishes or destroys a
-- blob does it in the statement that it needs anyway. Last of the columns: a row is read without it where it is not asked for.
ALTER TABLE blobs ADD COLUMN content BLOB CHECK (content IS NULL OR state <> 'destroyed');
