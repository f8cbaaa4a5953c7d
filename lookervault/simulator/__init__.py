"""A Looker on loopback: real HTTP, content of any size, limits and faults.

For trying lookervault out, for tests, and for capacity planning. `settings`
says what can be set. `process` starts a server in a process of its own, `serve`
one or several in a thread of this one. From a request to its answer: `connection`
takes it off the socket, `server` finds it a thread, `looker` answers it, and
`damage` says what goes wrong with that.
"""
