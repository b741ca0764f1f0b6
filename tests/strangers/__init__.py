"""Software of other makers, run against us as it is: each client a driver of its own in a process of its own."""
