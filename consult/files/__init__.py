"""Files that people bring: attachments of topics, materials and minutes of meetings, and who read them."""
