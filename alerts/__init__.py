"""Alert policy, the envelope that is written, masking of plates. Pure."""
