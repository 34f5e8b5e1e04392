"""The vocabulary of the house: schema, keys, times, errors, settings. Pure."""
