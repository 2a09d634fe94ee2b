"""The approvers' side: what awaits an answer, one case read for a person, and answers sent to it."""
