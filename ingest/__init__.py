"""Foreign bytes become observations here; after that nobody speaks NMEA."""
