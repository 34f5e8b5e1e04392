"""Alert policy, the envelope that is written, and masking. Pure."""
