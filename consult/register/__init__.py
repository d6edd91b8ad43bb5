"""What staff write down of who was there: at the venue by hand, and from the video platform's own sheet."""
