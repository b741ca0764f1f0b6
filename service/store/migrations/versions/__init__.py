"""One file per step, in the order of their numbers. A published step is never changed."""
