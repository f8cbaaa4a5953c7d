"""Copies what a Looker instance holds into a local vault, completely."""
