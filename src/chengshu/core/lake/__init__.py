"""The lake: tables of Parquet files with a catalogue in PostgreSQL (DuckLake on DuckDB)."""
