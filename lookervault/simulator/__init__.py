"""A Looker on loopback: real HTTP, content of any size, limits and faults.

For trying lookervault out, for tests, and for capacity planning. `settings`
says what can be set, `process` starts a server in a process of its own.
"""
