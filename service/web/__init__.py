"""The doors, by who knocks. A door parses, calls one workflow and answers; it holds no rule and asks no table."""
