"""What is consulted on (议题)."""
