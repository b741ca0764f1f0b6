"""What one client does, told line by line; each module here is started as a process of its own."""
