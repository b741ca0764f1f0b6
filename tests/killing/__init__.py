"""Real processes that are really killed: servers and workers of ours before a record system on a real socket."""
