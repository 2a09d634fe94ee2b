"""The company's policies: decision tables, authority, people, calendars and wording, parsed from text and checked."""
