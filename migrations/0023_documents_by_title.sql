-- A search finds what is called just so without reading all that has its words.
CREATE INDEX documents_title ON documents (lower(title));
