"""Where everyone begins: the member's next meeting, the organizer's day."""
