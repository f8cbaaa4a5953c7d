"""The shells. Each does what a pure mind decides, one message at a time."""
