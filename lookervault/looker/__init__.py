"""The border to Looker."""
