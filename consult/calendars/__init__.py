"""Meetings in other people's calendars: iCalendar files, personal feeds, month and week views."""
