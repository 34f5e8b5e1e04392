"""What analysts import in notebooks."""
