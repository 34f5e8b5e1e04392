"""One track per vessel: radar registration, association of what sensors see, lives of vessels."""
