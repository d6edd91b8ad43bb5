"""Other records of a year: what was done without a live room (活动记录), and what members gave (履职成果)."""
