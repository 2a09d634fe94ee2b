"""The CRM: who customers are, how to reach them, and what they were told."""
