"""PostGIS: tables, migrations, bulk writes, named reads, the private cluster. The only SQL."""
