"""The vocabulary of the house: schema, keys, errors, settings. Pure."""
