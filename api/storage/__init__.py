"""Where calls, decisions and keys are kept: SQLAlchemy over SQLite (one file, WAL) or PostgreSQL.

`database` opens transactions, `tables` says what is kept, `upgrading` brings a database to this version; the other modules read
and write one kind of thing each, always within a transaction they are given.
"""
