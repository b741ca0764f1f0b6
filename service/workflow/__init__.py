"""One verb per file: read, decide by the clinic's rules, hand one deed to the writer. The order of steps lives here."""
