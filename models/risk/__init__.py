"""What it means: evidence in nats, AHP severity, levels."""
