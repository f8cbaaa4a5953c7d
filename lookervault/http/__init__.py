"""The only way out: HTTP with deadlines, caps, and no surprises."""
