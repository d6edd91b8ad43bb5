"""What is kept of a person: dropped in time, so that figures remain; handed to himself when he asks."""
