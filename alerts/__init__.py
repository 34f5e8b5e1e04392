"""Alert policy (pure) and sinks (IO)."""
