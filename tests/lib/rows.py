# SPDX-License-Identifier: Apache-2.0
"""Every row of a database and every byte of a folder, read past souk: to compare before and after."""

import hashlib
import json
import sqlite3
from pathlib import Path


def sqlite_rows(path):
    """{table: sorted rows as JSON}. A row's transaction number (xid) is its database's own."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    # Virtual tables and what lies behind them are made again from other rows.
    tables = [r[0] for r in database.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'")]
    out = {}
    for table in tables:
        rows = [{k: (row[k].hex() if isinstance(row[k], bytes) else row[k]) for k in row.keys() if k != "xid"}
                for row in database.execute(f'SELECT * FROM "{table}"')]
        out[table] = sorted(json.dumps(row, sort_keys=True) for row in rows)
    database.close()
    return out


def postgres_rows(postgres, url):
    tables = postgres.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", url=url).split()
    out = {}
    for table in tables:
        blobs = postgres.sql(f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND atttypid = 'bytea'::regtype", url=url).split()
        generated = postgres.sql(f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attgenerated <> ''", url=url).split()
        text = postgres.sql(f'SELECT row_to_json(t) FROM "{table}" t', url=url)
        rows = []
        for line in text.splitlines():
            row = json.loads(line)
            for name in ("xid", *generated):
                row.pop(name, None)
            for name in blobs:
                row[name] = row[name].removeprefix("\\x") if row[name] is not None else None
            rows.append(json.dumps(row, sort_keys=True))
        out[table] = sorted(rows)
    return out


def files_of(folder):
    """{path: digest} of every file below."""
    folder = Path(folder)
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}
