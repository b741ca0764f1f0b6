"""The clinic's rules: prompts, infusions, entries. Pure values and functions; time is an argument."""
