"""The SQLite catalogue: schema, migrations, one writer, readers, backups. The only room that imports sqlite3."""
